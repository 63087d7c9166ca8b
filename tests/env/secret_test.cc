// Secrets are where nobody else reads them, and gone when their owner is.
#include "ledger/env/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "ledger/env/posix.h"
#include "sanitized.h"

namespace varve::env {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>,
              "a secret is never copied by accident");
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);

class Secret : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(initialize()); }
};

TEST_F(Secret, HoldsACopyOfWhatItWasGiven) {
  std::string pin = "1234";
  const SecretBytes secret = *SecretBytes::copy_of(bytes_of(pin));
  pin = "....";
  EXPECT_EQ(text_of(secret.view()), "1234");
  EXPECT_FALSE(secret.empty());
}

TEST_F(Secret, CanBeWrittenInPlace) {
  SecretBytes secret = *SecretBytes::of_size(3);
  for (std::byte& b : secret.mutable_view()) b = std::byte{'z'};
  EXPECT_EQ(text_of(secret.view()), "zzz");
}

TEST_F(Secret, IsEmptyUntilItIsGivenSomething) {
  EXPECT_TRUE(SecretBytes{}.empty());
  EXPECT_TRUE(SecretBytes{}.view().empty());
  EXPECT_TRUE(SecretBytes::copy_of({})->empty());
}

TEST_F(Secret, LeavesNothingBehindWhenItIsMovedAway) {
  SecretBytes from = *SecretBytes::copy_of(bytes_of("1234"));
  const SecretBytes to = std::move(from);
  EXPECT_EQ(text_of(to.view()), "1234");
  EXPECT_TRUE(from.empty()) << "a moved-from secret must not claim bytes it no longer has";
}

// The caller gets an error and goes on: a process has a bounded number of memory maps.
TEST_F(Secret, IsAnErrorWhereThereIsNoMemoryForIt) {
  constexpr std::size_t kMoreThanThereIs = std::size_t{1} << 60;
  const auto refused = SecretBytes::of_size(kMoreThanThereIs);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kBusy);
  EXPECT_TRUE(SecretBytes::of_size(16)) << "and the next one is had";
}

TEST_F(Secret, IsZeroedWhenItIsWiped) {
  SecretBytes secret = *SecretBytes::copy_of(bytes_of("1234"));
  wipe(secret.mutable_view());
  EXPECT_EQ(to_buffer(secret.view()), Buffer(4));
}

TEST(SecretDeathTest, IsGuardedAgainstBeingReadPastItsEnd) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "the sanitizer has its own way to die";
  ASSERT_TRUE(initialize());
  const SecretBytes secret = *SecretBytes::of_size(16);
  const volatile std::byte* const end = secret.view().data() + secret.view().size();
  EXPECT_EXIT(static_cast<void>(*end), testing::KilledBySignal(SIGSEGV), "");
}

}  // namespace
}  // namespace varve::env
