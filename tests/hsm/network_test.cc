// A token behind a connection: what it can do, and what becomes of a call when the other end is
// killed, stopped or started again.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "hsm/token_set.h"
#include "tests/hsm/command.h"
#include "tests/hsm/network_token.h"
#include "tests/hsm/soft_token.h"

namespace varve::hsm {
namespace {

using format::Algorithm;
using varve::testing::NetworkToken;

constexpr std::uint32_t kNetworkShortMs = 4'000;

class Network : public ::testing::Test {
 protected:
  Network() {
    const auto made = network_.open()->create_key_pair(Algorithm::kEcdsaP256, "log-1");
    EXPECT_TRUE(made) << made.error().message;
    if (made) key_ = made->key;
  }
  /// Tries until the token signs again: recovery is tried ten times a second at most.
  static bool signs_again(Token& token, Bytes key) {
    constexpr int kTries = 1'200;
    for (int i = 0; i < kTries; ++i) {
      if (token.sign(key, bytes_of("again"))) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  NetworkToken network_;
  Buffer key_;
};

TEST_F(Network, TokenSignsWithP256AndHoldsTheProbe) {
  const auto token = network_.open();
  for (int i = 0; i < 20; ++i) {
    const auto signature = token->sign(key_, bytes_of("message"));
    ASSERT_TRUE(signature) << signature.error().message;
  }
  const auto statement = token->state_key({Algorithm::kEcdsaP256, key_});
  ASSERT_TRUE(statement) << statement.error().message;
  ASSERT_TRUE(statement->probe);
  EXPECT_TRUE(statement->probe->held()) << probe_text(*statement->probe);
}

// docs/operating/keys.md says so: months are locked up on another token.
TEST_F(Network, TokenHasNeitherEd25519NorAesKeyWrap) {
  const auto token = network_.open();
  EXPECT_EQ(token->create_key_pair(Algorithm::kEd25519, "log-2").error().code, Code::kIo);
  const auto wrapped = token->wrap("log/1", Buffer(32));
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::kIo) << wrapped.error().message;
}

TEST_F(Network, TokenWhoseServerIsKilledIsBusyAndItsSuccessorIsUsedWithoutOpeningItAnew) {
  const auto token = network_.open();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(signs_again(*token, key_));
    network_.kill();
    for (int i = 0; i < 3; ++i) {
      const auto away = token->sign(key_, bytes_of("away"));
      ASSERT_FALSE(away);
      EXPECT_EQ(away.error().code, Code::kBusy) << away.error().message;
    }
    network_.start();
  }
  EXPECT_TRUE(signs_again(*token, key_));
}

TEST_F(Network, CallDuringAPauseIsDelayedAndThenSucceeds) {
  const auto token = Token::open(network_.options(60'000));
  ASSERT_TRUE(token) << token.error().message;
  network_.pause();
  auto delayed =
      std::async(std::launch::async, [&] { return (*token)->sign(key_, bytes_of("m")); });
  EXPECT_EQ(delayed.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  network_.resume();
  const auto signature = delayed.get();
  EXPECT_TRUE(signature) << signature.error().message;
}

TEST_F(Network, CallDuringALongPauseIsGivenUpAndTheTokenIsUsedAgainAfterIt) {
  auto token = std::move(*Token::open(network_.options(kNetworkShortMs)));
  network_.pause();
  const auto hung = token->sign(key_, bytes_of("m"));
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, Code::kBusy);
  EXPECT_NE(hung.error().message.find("4000 ms"), std::string::npos) << hung.error().message;
  EXPECT_EQ(token->sign(key_, bytes_of("m")).error().code, Code::kBusy);
  network_.resume();
  EXPECT_TRUE(signs_again(*token, key_));
}

TEST_F(Network, PinThatIsWrongAfterARestartIsTriedOnceHoweverOftenTheTokenIsNeeded) {
  const auto token = network_.open();
  ASSERT_TRUE(token->sign(key_, bytes_of("before")));
  network_.kill();
  EXPECT_FALSE(token->sign(key_, bytes_of("away")));
  network_.change_pin(NetworkToken::kPin, "other-4711");
  const std::size_t before = network_.logins();
  network_.start();
  Result<Buffer> refused = busy("not yet");
  for (int i = 0; i < 1'200 && refused.error().code == Code::kBusy; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    refused = token->sign(key_, bytes_of("m"));
    ASSERT_FALSE(refused);
  }
  EXPECT_EQ(refused.error().code, Code::kIo) << refused.error().message;
  EXPECT_EQ(refused.error().message.find(NetworkToken::kPin), std::string::npos);
  for (int i = 0; i < 5; ++i) {
    const auto again = token->sign(key_, bytes_of("m"));
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message.find("not tried again"), std::string::npos)
        << again.error().message;
  }
  EXPECT_EQ(network_.logins(), before + 1);
}

// The configuration that docs/operating/keys.md gives for such a token.
TEST_F(Network, TokenSignsBesideALocalOneThatWrapsAndIsNotMissedForWrapping) {
  const testing::SoftToken soft;
  std::vector<std::unique_ptr<Token>> both;
  both.push_back(soft.open());
  both.push_back(network_.open());
  const auto local = both.front()->create_key_pair(Algorithm::kEd25519, "log-0");
  ASSERT_TRUE(local);
  TokenSet tokens(std::move(both));
  const auto wrapped = tokens.wrap("log/1", Buffer(32));
  ASSERT_TRUE(wrapped) << wrapped.error().message;
  EXPECT_TRUE(tokens.sign(key_, bytes_of("m")));
  EXPECT_TRUE(tokens.sign(local->key, bytes_of("m")));
  network_.kill();
  EXPECT_EQ(tokens.sign(key_, bytes_of("m")).error().code, Code::kBusy);
  EXPECT_TRUE(tokens.sign(local->key, bytes_of("m")));
  EXPECT_TRUE(tokens.unwrap("log/1", *wrapped));
  EXPECT_TRUE(tokens.wrap("log/2", Buffer(32)));
}

}  // namespace
}  // namespace varve::hsm
