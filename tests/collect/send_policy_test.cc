// The waiting times, and what asks for them.
#include "tools/collect/send_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace varve::collect {
namespace {

class FixedRandom final : public env::Random {
 public:
  explicit FixedRandom(std::byte value) : value_(value) {}
  void fill(MutableBytes out) override { std::ranges::fill(out, value_); }

 private:
  std::byte value_;
};

TEST(Backoff, DoublesFromAFifthOfASecondToHalfAMinute) {
  FixedRandom none(std::byte{0});
  const std::uint64_t expected[] = {200, 400, 800, 1'600, 3'200, 6'400, 12'800, 25'600, 30'000};
  for (std::uint32_t i = 0; i < std::size(expected); ++i)
    EXPECT_EQ(backoff_ms(i + 1, 0, none), expected[i]);
  EXPECT_EQ(backoff_ms(4'000'000'000u, 0, none), 30'000u);
}

TEST(Backoff, LeavesOutAtMostHalf) {
  for (int value = 0; value < 256; ++value) {
    FixedRandom random(static_cast<std::byte>(value));
    for (std::uint32_t failures = 1; failures < 12; ++failures) {
      FixedRandom none(std::byte{0});
      const std::uint64_t whole = backoff_ms(failures, 0, none);
      EXPECT_GE(backoff_ms(failures, 0, random), whole / 2);
      EXPECT_LE(backoff_ms(failures, 0, random), whole);
    }
  }
}

TEST(Backoff, IsNeverShorterThanRetryAfter) {
  FixedRandom none(std::byte{0});
  EXPECT_EQ(backoff_ms(1, 5'000, none), 5'000u);
  EXPECT_EQ(backoff_ms(9, 5'000, none), 30'000u);
}

client::HttpResponse answer(int status, std::string body = "") {
  client::HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = std::move(body);
  return response;
}

constexpr const char* kOurs = R"({"type":"/problems/any"})";

TEST(Judge, EveryStatusHasItsVerdict) {
  for (int status = 100; status < 600; ++status) {
    SCOPED_TRACE(status);
    const Next expected = status == 200 || status == 201                    ? Next::kStored
                          : status == 408 || status == 429 || status >= 500 ? Next::kRetry
                                                                            : Next::kStop;
    EXPECT_EQ(judge(answer(status, kOurs)).next, expected);
  }
}

// A proxy knows nothing of what the log holds.
TEST(Judge, AConflictIsOneWhenTheLogItselfSaysSo) {
  EXPECT_EQ(judge(answer(409, kOurs)).error.code, Code::kWorm);
  client::HttpResponse page = answer(409, "<html>Conflict</html>");
  page.content_type = "text/html";
  client::HttpResponse untyped = page;
  untyped.body = R"({"type":"/problems/conflict"})";
  for (const client::HttpResponse& other :
       {page, untyped, answer(409), answer(409, "{}"), answer(409, R"({"detail":"no"})"),
        answer(409, R"({"type":"about:blank","expected_sequence":12})"),
        answer(409, R"({"type":"https://proxy.example/problems/conflict"})"),
        answer(409, R"({"type":"/problems/conflict")")}) {
    SCOPED_TRACE(other.content_type + " " + other.body);
    EXPECT_EQ(judge(other).next, Next::kRetry);
    EXPECT_EQ(judge(other).error.code, Code::kBusy);
    EXPECT_NE(judge(other).error.message.find("a proxy?"), std::string::npos);
  }
}

TEST(Judge, OutOfOrderSaysFromWhereToSendAgain) {
  const Verdict verdict =
      judge(answer(409, R"({"type":"/problems/out-of-order","expected_sequence":12})"));
  EXPECT_EQ(verdict.next, Next::kResend);
  EXPECT_EQ(verdict.sequence, 12u);
}

TEST(Judge, RetryAfterIsKeptWithinAnHour) {
  client::HttpResponse busy = answer(503);
  busy.headers.push_back({"Retry-After", "7"});
  EXPECT_EQ(judge(busy).wait_at_least_ms, 7'000u);
  busy.headers[0].value = "99999999999";
  EXPECT_EQ(judge(busy).wait_at_least_ms, 3'600'000u);
}

TEST(Judge, NoConnectionIsRetriedAndARefusedCertificateIsNot) {
  EXPECT_EQ(judge(busy("no connection")).next, Next::kRetry);
  EXPECT_EQ(judge(io_error("certificate")).next, Next::kStop);
  EXPECT_EQ(judge(invalid("too large")).next, Next::kStop);
}

}  // namespace
}  // namespace varve::collect
