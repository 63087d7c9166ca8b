// What the answer of a time-stamping authority means: each thing that it can be and is not.
#include "api/outbound/time_exchange.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "tests/format/time_authority.h"

namespace varve::api {
namespace {

const format::Checkpoint kAsked{"audit.example.org/main", TreeSize{7}, Hash{}};

struct AnswerOfAnAuthority : ::testing::Test {
  const format::TimeAuthority engine;
  const std::vector<format::TimeSource> sources{
      {"tsa.example.org", *decode_hex_hash(engine.key_hash())}};

  [[nodiscard]] static std::string reply_of(const format::TimeAuthority& authority,
                                            const format::Checkpoint& checkpoint,
                                            std::optional<std::uint64_t> nonce) {
    return std::string(text_of(authority.reply(format::time_query(checkpoint, nonce))));
  }
  [[nodiscard]] TimeAnswer judged(const std::string& body, int status = 200) const {
    client::HttpResponse response;
    response.status = status;
    response.body = body;
    return judge_time_reply(response, {kAsked, 5, sources});
  }
  void expect_none(const std::string& body, NoStamp reason, const std::string& why,
                   int status = 200) const {
    const TimeAnswer answer = judged(body, status);
    EXPECT_FALSE(answer.stamp) << why;
    EXPECT_EQ(answer.reason, reason) << answer.why;
    EXPECT_NE(answer.why.find(why), std::string::npos) << answer.why;
  }
};

TEST_F(AnswerOfAnAuthority, IsATimeStampOverTheCheckpointForThisQueryByAKeyOfThePolicy) {
  const std::string good = reply_of(engine, kAsked, 5);
  const TimeAnswer answer = judged(good);
  ASSERT_TRUE(answer.stamp) << answer.why;
  EXPECT_EQ(*format::verify_time_token(answer.stamp->token, format::checkpoint_text(kAsked)),
            answer.stamp->said);
  EXPECT_EQ(answer.stamp->said.key, sources[0].key);
  format::Checkpoint other = kAsked;
  other.size.value = 8;
  const format::TimeAuthority stranger;
  expect_none(reply_of(engine, other, 5), NoStamp::kFalse, "it is over another text");
  expect_none(reply_of(engine, kAsked, 6), NoStamp::kFalse, "the nonce differs");
  expect_none(reply_of(engine, kAsked, std::nullopt), NoStamp::kFalse, "the nonce differs");
  expect_none(reply_of(stranger, kAsked, 5), NoStamp::kStranger, "SHA-256 " + stranger.key_hash());
  expect_none(good, NoStamp::kRefused, "not 200", 302);
  expect_none(good, NoStamp::kRefused, "not 200", 500);
  expect_none("", NoStamp::kFalse, "not the reply of a time-stamping authority");
  expect_none(std::string(kTimeReplyMax + 1, '0'), NoStamp::kFalse, "more than");
}

// One spelling: what is changed anywhere is refused, or says the same by the same key.
TEST_F(AnswerOfAnAuthority, SaysNothingElseWhicheverByteIsChangedOrCut) {
  const std::string good = reply_of(engine, kAsked, 5);
  const format::SignedTime said = judged(good).stamp->said;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string other = good;
    other[i] = static_cast<char>(other[i] ^ 0x10);
    const TimeAnswer answer = judged(other);
    EXPECT_TRUE(!answer.stamp || answer.stamp->said == said) << i;
    EXPECT_FALSE(judged(good.substr(0, i)).stamp) << i;
  }
}

// RFC 3161 lets it explain itself, in whatever characters.
TEST_F(AnswerOfAnAuthority, ThatRefusesIsQuotedInOneShortLineWithoutControlCharacters) {
  expect_none(std::string(text_of(*decode_hex("300d300b02010230060c041b5b410a"))),
              NoStamp::kRefused, "gave no token: \\x1b[A\\x0a");
  std::string words(600, 'a');
  Buffer reply = *decode_hex("30820265308202610201023082025a0c820256");
  append(reply, bytes_of(words.substr(0, 0x256)));
  const TimeAnswer answer = judged(std::string(text_of(reply)));
  EXPECT_EQ(answer.reason, NoStamp::kRefused) << answer.why;
  EXPECT_LE(answer.why.size(), 300u);
}

TEST(ClockOfAnAuthority, IsOffByWhatTheTimeOfTheQuestionDoesNotExplainHoweverInaccurateItSaysItIs) {
  const auto off = [](std::uint64_t time_us) {
    return clock_offset_us({{}, time_us, 60'000'000}, 1'000, 1'100);
  };
  EXPECT_EQ(off(999), -1);
  EXPECT_EQ(off(1'000), 0);
  EXPECT_EQ(off(1'100), 0);
  EXPECT_EQ(off(1'101), 1);
  EXPECT_EQ(off(0), -1'000);
  EXPECT_EQ(off(253'402'300'799'999'999), 253'402'300'799'998'899);
}

}  // namespace
}  // namespace varve::api
