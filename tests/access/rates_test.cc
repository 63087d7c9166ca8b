// Token buckets, by a clock that the test moves.
#include "api/access/rates.h"

#include <gtest/gtest.h>

#include <limits>

#include "api/access/client_rules.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kStart = 1'000;

/// How many enter at one moment.
std::uint64_t burst(Rates& rates, const RateLimits& limits, std::uint64_t now_ms) {
  std::uint64_t out = 0;
  while (out < 1'000'000 && rates.enter("a", limits, now_ms) == 0) ++out;
  return out;
}

TEST(Rates, LetTenSecondsWorthThroughAtOnceAndThenTheirRate) {
  for (const std::uint64_t rate : {1, 3, 100, 999, 1'000, 7'777}) {
    Rates rates;
    const RateLimits limits{rate, 0};
    EXPECT_EQ(burst(rates, limits, kStart), 10 * rate);
    std::uint64_t taken = 0;
    for (std::uint64_t ms = 1; ms <= 5'000; ++ms) taken += burst(rates, limits, kStart + ms);
    EXPECT_EQ(taken, 5 * rate) << rate;
    EXPECT_EQ(burst(rates, limits, kStart + 1'000'000), 10 * rate) << "no more is saved up";
  }
}

// A client that waits as long as it is told is let in, and one that comes a millisecond earlier is not.
TEST(Rates, SayWhenTheNextOneEnters) {
  for (const std::uint64_t rate : {1, 3, 7, 1'000, 5'000}) {
    Rates rates;
    const RateLimits limits{rate, 0};
    burst(rates, limits, kStart);
    const std::uint64_t wait = rates.enter("a", limits, kStart);
    ASSERT_GE(wait, 1U);
    EXPECT_NE(rates.enter("a", limits, kStart + wait - 1), 0U) << rate;
    EXPECT_EQ(rates.enter("a", limits, kStart + wait), 0U) << rate;
  }
}

TEST(Rates, BytesMayBeOwedAndThenNothingEntersUntilTheyArePaid) {
  Rates rates;
  const RateLimits limits{0, 100};
  EXPECT_EQ(rates.enter("a", limits, kStart), 0U);
  rates.charge_bytes("a", limits, 1'000 + 500, kStart);
  EXPECT_EQ(rates.enter("a", limits, kStart), 5'001U);
  EXPECT_EQ(rates.wait_for_bytes("a", limits, kStart + 5'000), 1U);
  EXPECT_EQ(rates.wait_for_bytes("a", limits, kStart + 5'001), 0U);
  EXPECT_EQ(rates.enter("b", limits, kStart), 0U) << "another one owes nothing";
}

TEST(Rates, AreNotUpsetByNumbersAtTheirBounds) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  Rates rates;
  const RateLimits limits{kMost, kMost};
  for (int i = 0; i < 4; ++i) rates.charge_bytes("a", limits, kMost, 0);
  EXPECT_NE(rates.enter("a", limits, 0), 0U);
  EXPECT_LE(rates.enter("a", limits, kMost / 2), 1U) << "all that can be owed is paid";
  EXPECT_EQ(rates.enter("a", limits, kMost), 0U);
  EXPECT_EQ(rates.enter("a", limits, 0), 0U) << "a clock that went back takes nothing away";
  const RateLimits slow{0, 1};
  for (int i = 0; i < 4; ++i) rates.charge_bytes("b", slow, kMost, 0);
  EXPECT_GT(rates.wait_for_bytes("b", slow, kMost / 1'000'000), 0U);
}

TEST(Rates, WithoutALimitNothingIsKept) {
  Rates rates;
  EXPECT_EQ(burst(rates, {}, kStart), 1'000'000U);
  rates.charge_bytes("a", {5, 0}, 1'000, kStart);
  EXPECT_EQ(rates.names(), 0U);
}

// Whoever has more addresses than are known gains what an address that never asked has.
TEST(Rates, ForgetWhoeverAskedLongestAgo) {
  Rates rates(3);
  const RateLimits limits{0, 1};
  for (const char* name : {"a", "b", "c"}) rates.charge_bytes(name, limits, 100, kStart);
  EXPECT_NE(rates.enter("a", limits, kStart), 0U);
  rates.charge_bytes("d", limits, 100, kStart);
  EXPECT_EQ(rates.names(), 3U);
  EXPECT_NE(rates.enter("a", limits, kStart), 0U) << "it asked lately";
  EXPECT_EQ(rates.enter("b", limits, kStart), 0U);
  EXPECT_EQ(rates.names(), 3U);
  rates.forget();
  EXPECT_EQ(rates.enter("a", limits, kStart), 0U);
}

TEST(ClientRules, GiveAClientItsOwnRatesAndEverybodysWhereTheySayNothing) {
  ClientRules rules;
  rules.each_client = {5, 6};
  rules.clients["fast"].requests_per_second = 50;
  rules.clients["free"] = {{}, 0, 0};
  EXPECT_EQ(rules.limits_of("other"), (RateLimits{5, 6}));
  EXPECT_EQ(rules.limits_of("fast"), (RateLimits{50, 6}));
  EXPECT_TRUE(rules.limits_of("free").none());
}

TEST(ClientRules, LetAClientComeFromItsNetworksAlone) {
  ClientRules rules;
  rules.clients["ward"].from = *Networks::parse({"10.0.0.0/8"});
  rules.clients["free"];
  const auto from = [](const char* text) { return std::optional<Address>(*parse_ip(text)); };
  EXPECT_TRUE(rules.lets_in("ward", from("10.1.1.1")));
  EXPECT_FALSE(rules.lets_in("ward", from("11.1.1.1")));
  EXPECT_FALSE(rules.lets_in("ward", std::nullopt)) << "nobody knows where it comes from";
  EXPECT_TRUE(rules.lets_in("free", std::nullopt));
  EXPECT_TRUE(rules.lets_in("other", from("11.1.1.1")));
}

}  // namespace
}  // namespace varve::api
