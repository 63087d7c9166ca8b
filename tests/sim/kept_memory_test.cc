// Memory that tests/kept_memory.cc keeps is as libsodium would give it: filled, guarded, and empty of the secret.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <cstddef>

namespace varve::sim {
namespace {

class KeptMemory : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GE(::sodium_init(), 0);
    if (::dlsym(RTLD_NEXT, "sodium_malloc") == nullptr ||
        ::dlsym(RTLD_NEXT, "sodium_malloc") == ::dlsym(RTLD_DEFAULT, "sodium_malloc"))
      GTEST_SKIP() << "this build keeps none";
  }
};

constexpr std::ptrdiff_t kSize = 77;

TEST_F(KeptMemory, IsEmptyAndTheAddressSanitizerLetsNobodyLook) {
  auto* const secret = static_cast<volatile unsigned char*>(::sodium_malloc(kSize));
  for (int k = 0; k < kSize; ++k) secret[k] = 's';
  ::sodium_free(const_cast<unsigned char*>(secret));
#ifdef __SANITIZE_ADDRESS__
  EXPECT_DEATH(secret[0] = 1, "use-after-poison");
#else
  EXPECT_EQ(std::count(secret, secret + kSize, 0), kSize);
#endif
}

TEST_F(KeptMemory, IsGivenAgainFilledAsFreshMemoryIs) {
  void* const first = ::sodium_malloc(kSize);
  ::sodium_free(first);
  auto* const second = static_cast<unsigned char*>(::sodium_malloc(kSize));
  EXPECT_EQ(second, first);
  EXPECT_EQ(std::count(second, second + kSize, 0xdb), kSize);
  ::sodium_free(second);
}

TEST_F(KeptMemory, IsGivenToOneAtATimeAndBySize) {
  void* const one = ::sodium_malloc(kSize);
  void* const other = ::sodium_malloc(kSize);
  EXPECT_NE(one, other);
  ::sodium_free(one);
  void* const longer = ::sodium_malloc(kSize + 1);
  EXPECT_NE(longer, one);
  ::sodium_free(longer);
  ::sodium_free(other);
}

TEST_F(KeptMemory, EndsAtAGuardedPageAlsoTheSecondTime) {
  ::sodium_free(::sodium_malloc(kSize));
  auto* const again = static_cast<volatile unsigned char*>(::sodium_malloc(kSize));
  EXPECT_DEATH(again[kSize] = 1, "");
  ::sodium_free(const_cast<unsigned char*>(again));
}

}  // namespace
}  // namespace varve::sim
