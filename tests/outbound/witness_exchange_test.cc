// Each answer that a witness can give, and what the log makes of it.
#include "api/outbound/witness_exchange.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "tests/format/test_cosigner.h"

namespace varve::api {
namespace {

using Means = WitnessAnswer::Means;

constexpr std::string_view kSizeType = "text/x.tlog.size";

const format::TestCosigner& cosigner(int seed) {
  static const format::TestCosigner kOne("w1.example", 1);
  static const format::TestCosigner kTwo("w2.example", 2);
  static const format::TestCosigner kStranger("w1.example", 3);  // of the same name
  return seed == 1 ? kOne : seed == 2 ? kTwo : kStranger;
}

struct Exchange : ::testing::Test {
  WitnessAnswer judge(const client::HttpResponse& response) {
    return judge_answer(response, {checkpoint, old, newest, keys});
  }
  WitnessAnswer judge(int status, std::string body = "", std::string type = "text/plain",
                      std::vector<client::HttpHeader> headers = {}) {
    return judge({status, std::move(type), std::move(headers), std::move(body)});
  }

  const format::TestKey log = format::TestKey::ed25519("log.example", 9);
  const std::string text = format::checkpoint_text({"log.example", TreeSize{20}, {}});
  const format::SignedCheckpoint checkpoint{{"log.example", TreeSize{20}, {}},
                                            format::signed_note(text, {&log})};
  TreeSize old{7};
  TreeSize newest{22};  // it has grown meanwhile
  std::vector<format::CosignerKey> keys{cosigner(1).key()};
};

TEST_F(Exchange, SendsTheOldSizeTheProofAndTheNoteAsTheSpecificationHasThem) {
  Hash hash;
  hash.bytes.fill(std::byte{0xab});
  const std::string line = base64(hash.view()) + "\n";
  EXPECT_EQ(add_checkpoint_body(old, {hash, hash}, checkpoint.note),
            "old 7\n" + line + line + "\n" + checkpoint.note);
  EXPECT_EQ(add_checkpoint_body(TreeSize{0}, {}, checkpoint.note), "old 0\n\n" + checkpoint.note);
}

TEST_F(Exchange, TakesTheCosignatureOfTheKeyOfThePolicyAmongThoseOfOthers) {
  const std::string mine = cosigner(1).answer(text, 77);
  const std::string other = cosigner(2).answer(text, 78);
  const std::string newer =
      format::format_note({"x\n", {{"w1.example", 5, Buffer(8 + 2'420)}}}).substr(3);  // ML-DSA-44
  for (const std::string& body : {mine, other + mine, mine + other, newer + mine}) {
    const auto answer = judge(200, body);
    ASSERT_EQ(answer.means, Means::kCosigned) << answer.why;
    ASSERT_EQ(answer.cosignatures.size(), 1U);
    EXPECT_EQ(answer.cosignatures[0]->time_s, 77U);
    EXPECT_EQ(answer.why, "");
  }
}

TEST_F(Exchange, TakesBothCosignaturesOfAnAddressOrTheOneThatCame) {
  keys.push_back(cosigner(2).key());
  const auto both = judge(200, cosigner(1).answer(text, 1) + cosigner(2).answer(text, 2));
  EXPECT_EQ(both.means, Means::kCosigned);
  EXPECT_TRUE(both.cosignatures[0] && both.cosignatures[1]);
  const auto one = judge(200, cosigner(2).answer(text, 2));
  EXPECT_EQ(one.means, Means::kCosigned);
  EXPECT_FALSE(one.cosignatures[0]);
  EXPECT_TRUE(one.cosignatures[1]);
  EXPECT_NE(one.why.find("no cosignature by w1.example"), std::string::npos) << one.why;
}

TEST_F(Exchange, TakesNothingElseForACosignature) {
  std::string garbled = cosigner(1).answer(text, 77);
  garbled[garbled.size() - 5] = garbled[garbled.size() - 5] == 'A' ? 'B' : 'A';
  const std::string of_other_text = cosigner(1).answer(text + "more\n", 77);
  const std::string timeless = cosigner(1).answer(text, 0);
  const std::string good = cosigner(1).answer(text, 77);
  const std::string more = "log.example\n3\nAAAA\n";  // would move the text's end
  const std::string other_note = more + "\n" + cosigner(1).answer(text + "\n" + more, 77);
  const std::string log_line = format::format_note({"x\n", {log.sign_note(text)}}).substr(3);
  for (const std::string& body :
       {std::string(), std::string("\n"), std::string("<html>"), garbled, of_other_text, timeless,
        good.substr(0, good.size() - 1), "\n" + good, other_note, log_line,
        cosigner(2).answer(text, 77), cosigner(3).answer(text, 77), good + "x",
        good + std::string("\0", 1), std::string(kWitnessAnswerMax, 'x')}) {
    const auto answer = judge(200, body);
    EXPECT_EQ(answer.means, Means::kFailed) << body;
    EXPECT_NE(answer.why, "");
  }
}

TEST_F(Exchange, GoesOnFromTheSizeThatA409Names) {
  for (const std::uint64_t size : {0, 1, 6, 8, 19, 20, 21, 22}) {
    const auto answer = judge(409, std::to_string(size) + "\n", std::string(kSizeType));
    EXPECT_EQ(answer.means, Means::kOther) << size;
    EXPECT_EQ(answer.size, TreeSize{size});
  }
  EXPECT_EQ(judge(409, "9\n", "text/x.tlog.size; charset=utf-8").means, Means::kOther);
}

TEST_F(Exchange, TakesA409WithoutASizeOrWithTheOneItSaidForAFailure) {
  for (const char* body : {"", "\n", "9", "09\n", "+9\n", "9\n\n", "nine\n", "-1\n",
                           "18446744073709551616\n", "9 \n", "7\n"})
    EXPECT_EQ(judge(409, body, std::string(kSizeType)).means, Means::kFailed) << body;
  EXPECT_EQ(judge(409, "9\n").means, Means::kFailed) << "text/plain";
}

// What no honest witness of this log can have seen.
TEST_F(Exchange, IsTheAlarmWhereTheWitnessHasSeenMoreOrOther) {
  const auto more = judge(409, "23\n", std::string(kSizeType));
  EXPECT_EQ(more.means, Means::kContradicts);
  EXPECT_EQ(more.why, "it has cosigned 23 records, and the log has 22");
  const auto refused = judge(422);
  EXPECT_EQ(refused.means, Means::kContradicts);
  EXPECT_NE(refused.why.find("from 7 to 20 records"), std::string::npos) << refused.why;
  old = TreeSize{20};  // the same tree as last time
  EXPECT_EQ(judge(422).means, Means::kContradicts);
  EXPECT_EQ(judge(409).means, Means::kContradicts) << "the omniwitness says no size there";
  EXPECT_EQ(judge(409, "20\n", std::string(kSizeType)).means, Means::kContradicts)
      << "an earlier text of the specification wanted the size there";
  old = TreeSize{0};  // from there nothing was proven
  EXPECT_EQ(judge(422).means, Means::kFailed);
  EXPECT_EQ(judge(409).means, Means::kFailed);
}

TEST_F(Exchange, HasAReasonForEachOtherStatus) {
  const std::pair<int, const char*> rows[] = {
      {400, "does not understand the request (400)"},
      {403, "knows no key that signed the checkpoint (403)"},
      {404, "does not know the log (404)"},
      {429, "asked too often (429)"},
      {500, "in trouble itself (500)"},
      {503, "in trouble itself (503)"},
      {301, "its answer is 301, which no witness gives; redirects are not followed"},
      {307, "redirects are not followed"},
      {201, "its answer is 201"},
      {204, "its answer is 204"},
      {401, "its answer is 401"},
      {413, "its answer is 413"},
  };
  for (const auto& [status, part] : rows) {
    const auto answer = judge(status, cosigner(1).answer(text, 77));
    EXPECT_EQ(answer.means, Means::kFailed) << status;
    EXPECT_NE(answer.why.find(part), std::string::npos) << answer.why;
    EXPECT_FALSE(answer.retry_after_s);
  }
  for (const int status : {429, 503}) {
    const auto answer = judge(status, "", "", {{"Retry-After", "90"}});
    EXPECT_EQ(answer.retry_after_s, 90U);
  }
}

}  // namespace
}  // namespace varve::api
