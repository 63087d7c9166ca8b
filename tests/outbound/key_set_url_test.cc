// Keys that are fetched: when, what happens meanwhile, and how long they last.
#include "api/outbound/key_set_url.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <mutex>

#include "api/access/issuers.h"
#include "tests/access/jwt_maker.h"
#include "tls_server.h"

namespace varve::api {
namespace {

using Hang = TlsServer::Play::Hang;

struct TestClock : env::Clock {
  mutable std::atomic<std::uint64_t> ms = 1'000'000;
  std::uint64_t step_ms = 0;  // by which it goes on whenever it is read
  [[nodiscard]] std::uint64_t now_us() const override { return ms * 1'000; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return ms += step_ms; }
};

class FetchedKeys : public ::testing::Test {
 protected:
  FetchedKeys() {
    ::signal(SIGPIPE, SIG_IGN);
    certificates.make("idp", "IP:127.0.0.1");
    play({Hang::kNever, http_answer(jwk_set({first.jwk("k1")})), ""});
    server =
        std::make_unique<TlsServer>(certificates.pem("idp"), certificates.key("idp"), [this](int) {
          const std::lock_guard lock(mutex);
          asked_ms.push_back(clock.ms);
          return now;
        });
    options.peer = {server->url(), certificates.pem("idp")};
    options.interval_s = 3'600;
    options.age_max_s = 7'200;
    options.clock = &clock;
  }

  void play(TlsServer::Play next) {
    const std::lock_guard lock(mutex);
    now = std::move(next);
  }
  std::vector<std::uint64_t> asked() {
    const std::lock_guard lock(mutex);
    return asked_ms;
  }
  /// Waits for the state itself; the deadline is the test program's.
  template <class Condition>
  static void until(const Condition& holds) {
    while (!holds()) std::this_thread::yield();
  }
  /// Has the thread look at the clock again.
  void pass(KeySetUrl& keys, std::uint64_t s) {
    clock.ms += s * 1'000;
    keys.missed();
  }

  const JwtKey first = JwtKey::make(JwtKey::Type::kP256);
  const JwtKey second = JwtKey::make(JwtKey::Type::kP256);
  TestClock clock;
  std::mutex mutex;
  TlsServer::Play now;
  std::vector<std::uint64_t> asked_ms;
  Certificates certificates;
  std::unique_ptr<TlsServer> server;
  KeySetUrlOptions options;
  Journal journal{Level::kError};
};

TEST_F(FetchedKeys, AreThereAfterTheFirstFetchAndRotateWithALaterOne) {
  KeySetUrl keys(options, journal);
  until([&] { return keys.current() != nullptr; });
  const SharedKeySet before = keys.current();
  EXPECT_NE(before->find("k1", JwsAlgorithm::kEs256), nullptr);
  EXPECT_EQ(keys.status().keys, 1U);
  EXPECT_EQ(keys.status().read_s, 1'000U);
  play({Hang::kNever, http_answer(jwk_set({first.jwk("k1"), second.jwk("k2")})), ""});
  pass(keys, 3'600);
  until([&] { return keys.current() != before; });
  EXPECT_NE(keys.current()->find("k2", JwsAlgorithm::kEs256), nullptr);
  EXPECT_EQ(asked(), (std::vector<std::uint64_t>{1'000'000, 4'600'000}));
}

// A stranger can name unknown keys as often as he likes.
TEST_F(FetchedKeys, AreFetchedForAnUnknownKeyAtMostOnceAMinute) {
  KeySetUrl keys(options, journal);
  until([&] { return keys.current() != nullptr; });
  for (int round = 1; round <= 3; ++round) {
    for (int s = 0; s < 59; ++s) {
      for (int i = 0; i < 20; ++i) keys.missed();
      pass(keys, 1);
    }
    pass(keys, 1);
    until([&] { return asked().size() > static_cast<std::size_t>(round); });
    until([&] { return keys.status().read_s == 1'000U + 60U * static_cast<unsigned>(round); });
  }
  EXPECT_EQ(asked(), (std::vector<std::uint64_t>{1'000'000, 1'060'000, 1'120'000, 1'180'000}));
}

TEST_F(FetchedKeys, GoOnServingThroughAnOutageForABoundedTimeAndComeBack) {
  KeySetUrl keys(options, journal);
  until([&] { return keys.current() != nullptr; });
  const SharedKeySet before = keys.current();
  std::uint64_t failures = 0;
  for (const TlsServer::Play& bad :
       {TlsServer::Play{Hang::kNever, "", ""},
        TlsServer::Play{Hang::kNever, http_answer("x", "503 No"), ""},
        TlsServer::Play{Hang::kNever, http_answer("<html>"), ""},
        TlsServer::Play{Hang::kNever, http_answer(jwk_set({})), ""},
        TlsServer::Play{Hang::kNever, http_answer(std::string(300'000, ' ')), ""}}) {
    play(bad);
    pass(keys, 60);
    ++failures;
    until([&] { return keys.status().failures == failures; });
    EXPECT_EQ(keys.current(), before);
  }
  clock.ms = 1'000'000 + 7'200'000;  // the age at which they may still be used
  EXPECT_EQ(keys.current(), before);
  clock.ms += 1;
  EXPECT_EQ(keys.current(), nullptr);
  EXPECT_EQ(keys.status().keys, 0U);
  play({Hang::kNever, http_answer(jwk_set({second.jwk("k2")})), ""});
  pass(keys, 60);
  until([&] { return keys.current() != nullptr; });
  EXPECT_NE(keys.current()->find("k2", JwsAlgorithm::kEs256), nullptr);
}

// Here nobody wakes the thread: it has to see by itself that it is time.
TEST_F(FetchedKeys, AreFetchedAgainAMinuteAfterAFetchThatFailed) {
  clock.step_ms = KeySetUrl::kFetchEvery_ms;
  play({Hang::kNever, "", ""});
  KeySetUrl keys(options, journal);
  until([&] { return asked().size() >= 3; });
  EXPECT_GE(keys.status().failures, 2U);
}

TEST_F(FetchedKeys, ThatAreTheSameAsBeforeForgetNoToken) {
  KeySetUrl keys(options, journal);
  until([&] { return keys.current() != nullptr; });
  const SharedKeySet before = keys.current();
  pass(keys, 60);
  until([&] { return keys.status().read_s == 1'060U; });
  EXPECT_EQ(keys.current(), before);
}

TEST_F(FetchedKeys, AreNoneUntilTheyCameAndAFetchThatHangsEndsWithTheServer) {
  options.bounds.connect_timeout_ms = options.bounds.silence_ms = 600'000;
  for (const Hang hang : {Hang::kBeforeHandshake, Hang::kInHandshake, Hang::kAfterAnswer}) {
    play({hang, "", ""});
    const int before = server->connections();
    KeySetUrl keys(options, journal);
    until([&] { return server->connections() > before; });
    EXPECT_EQ(keys.current(), nullptr);
  }
}

TEST_F(FetchedKeys, LetATokenInOnceItsKeyWasFetched) {
  IssuerOptions issuer;
  issuer.issuer = "https://idp";
  issuer.audiences = {"varve"};
  issuer.algorithms = {JwsAlgorithm::kEs256};
  issuer.keys = std::make_shared<KeySetUrl>(options, journal);
  Issuers issuers({issuer});
  const auto accepted = [&](const JwtKey& key, const std::string& kid) {
    const std::string token =
        key.token("ES256", R"({"alg":"ES256","typ":"at+jwt","kid":")" + kid + "\"}",
                  R"({"iss":"https://idp","aud":"varve","client_id":"a","exp":100000})");
    return std::holds_alternative<SharedIdentity>(issuers.identify(token, nullptr, 1'000));
  };
  until([&] { return issuer.keys->current() != nullptr; });
  EXPECT_TRUE(accepted(first, "k1"));
  EXPECT_FALSE(accepted(second, "k2"));
  play({Hang::kNever, http_answer(jwk_set({second.jwk("k2")})), ""});
  clock.ms += 60'000;
  until([&] { return accepted(second, "k2"); });
  EXPECT_FALSE(accepted(first, "k1"));
}

}  // namespace
}  // namespace varve::api
