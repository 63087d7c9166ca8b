// Several sessions of one token at once: how many, and that a PIN is no more often tried for it.
#include "hsm/lanes.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/directories.h"
#include "tests/hsm/soft_token.h"
#include "tests/hsm/support/fault.h"

namespace varve::hsm {
namespace {

using varve::testing::secret;
using varve::testing::SoftToken;

constexpr const char* kKek = "log/2026-11";

class ManySessions : public ::testing::Test {
 protected:
  ManySessions() {
    const std::string module = built_file("tests/hsm/fault_module.so");
    void* const handle = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
    fault_ = reinterpret_cast<VarveFaultFunction>(::dlsym(handle, kVarveFaultSymbol))();
    fault_->unwraps_peak = 0;
    std::vector<std::unique_ptr<Token>> tokens;
    tokens.push_back(
        std::move(*Token::open({module, SoftToken::kUri, secret(SoftToken::kPin), 60'000})));
    set_ = std::make_unique<TokenSet>(std::move(tokens));
    wrapped_ = *set_->wrap(kKek, Buffer(32));
  }
  ~ManySessions() override {
    fault_->unwraps_meet = 0;
    fault_->unwrap_fails = 0;
    fault_->pin_is_wrong = 0;
    fault_->sessions_most = 0;
  }
  /// So many threads unwrap the key once. Returns how many got it.
  int unwrap_at_once(Lanes& lanes, int threads) {
    std::atomic<int> good = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
      all.emplace_back([&] {
        const auto key = lanes.unwrap(kKek, wrapped_);
        if (key) ++good;
        if (!key && fault_->pin_is_wrong == 0) ADD_FAILURE() << key.error().message;
      });
    for (std::thread& thread : all) thread.join();
    return good;
  }

  SoftToken soft_;
  VarveFault* fault_ = nullptr;
  std::unique_ptr<TokenSet> set_;
  Buffer wrapped_;
};

// Nobody comes back from the token before all are in it.
TEST_F(ManySessions, AreInTheTokenTogether) {
  for (const int lanes_most : {1, 2, 8}) {
    SCOPED_TRACE(lanes_most);
    Lanes lanes(*set_, static_cast<unsigned>(lanes_most));
    fault_->unwraps_peak = 0;
    fault_->unwraps_meet = lanes_most;
    EXPECT_EQ(unwrap_at_once(lanes, 16), 16);
    EXPECT_EQ(fault_->unwraps_peak, lanes_most);
  }
}

TEST_F(ManySessions, AreNoMoreThanTheTokenSays) {
  EXPECT_EQ(*set_->sessions_at_once(8), 8u) << "it names no limit";
  for (const unsigned most : {1u, 2u, 5u, 100u}) {
    fault_->sessions_most = most;
    EXPECT_EQ(*set_->sessions_at_once(8), std::min(most, 8u));
  }
}

// The token came back, and has another PIN by now: it must not lock because of us.
TEST_F(ManySessions, TryAPinThatIsRefusedOnce) {
  Lanes lanes(*set_, 8);
  fault_->unwraps_meet = 8;
  ASSERT_EQ(unwrap_at_once(lanes, 8), 8);
  const int logins = fault_->logins;
  fault_->pin_is_wrong = 1;
  fault_->unwrap_fails = 1;
  for (int round = 0; round < 3; ++round) EXPECT_EQ(unwrap_at_once(lanes, 16), 0);
  EXPECT_EQ(fault_->logins, logins + 1);
}

}  // namespace
}  // namespace varve::hsm
