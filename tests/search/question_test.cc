// Which events answer: each part of a question by itself, all of them together, and the edges of time.
#include "ledger/search/question.h"

#include <gtest/gtest.h>

namespace varve::search {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr Origin kOrigin{SourceId{5}, 100 * kSecond};

events::View view_at(std::int64_t second) {
  events::View view;
  view.whom = {"p1", "p2"};
  view.action = "read";
  view.when.unix_ns = second * 1'000'000'000;
  return view;
}

bool answers_alone(const Question& question, const events::View& view) {
  return answers(question, view, kOrigin);
}

TEST(Answers, IsTrueOfEveryEventWhereNothingIsAsked) {
  EXPECT_TRUE(answers_alone({}, {}));
}

TEST(Answers, TakesOneOfTheValuesOfEachFieldAndAllOfTheFields) {
  const events::View view = view_at(50);
  Question question;
  question.conditions = {{Field::kPatient, {"p0", "p2"}}};
  EXPECT_TRUE(answers_alone(question, view));
  question.conditions.push_back({Field::kAction, {"read", "update"}});
  EXPECT_TRUE(answers_alone(question, view));
  question.conditions[1].any_of = {"update"};
  EXPECT_FALSE(answers_alone(question, view));
  question.conditions = {{Field::kPatient, {"p0"}}, {Field::kAction, {"read"}}};
  EXPECT_FALSE(answers_alone(question, view));
  question.conditions = {{Field::kRecipient, {"x"}}};
  EXPECT_FALSE(answers_alone(question, view));
}

TEST(Answers, BeginsAtTheFirstMomentAndEndsBeforeTheLast) {
  Question question;
  question.from_us = 50 * kSecond;
  question.until_us = 60 * kSecond;
  EXPECT_FALSE(answers_alone(question, view_at(49)));
  EXPECT_TRUE(answers_alone(question, view_at(50)));
  EXPECT_TRUE(answers_alone(question, view_at(59)));
  EXPECT_FALSE(answers_alone(question, view_at(60)));
}

TEST(Answers, GoesByTheRecordsTimeWhereTheEventSaysNone) {
  events::View view = view_at(50);
  EXPECT_FALSE(time_of(view, kOrigin).is_of_record);
  view.when.unix_ns.reset();
  EXPECT_TRUE(time_of(view, kOrigin).is_of_record);
  EXPECT_EQ(time_of(view, kOrigin).us, kOrigin.record_us);
  view.when.unix_ns = -1;  // before 1970: no time that a record could have
  EXPECT_TRUE(time_of(view, kOrigin).is_of_record);
  Question question;
  question.from_us = kOrigin.record_us;
  EXPECT_TRUE(answers_alone(question, view));
  question.from_us = kOrigin.record_us + 1;
  EXPECT_FALSE(answers_alone(question, view));
}

TEST(Answers, KnowsWhoSentItAndWhetherItWasAnEmergency) {
  events::View view = view_at(50);
  Question question;
  question.source = SourceId{5};
  EXPECT_TRUE(answers_alone(question, view));
  question.source = SourceId{6};
  EXPECT_FALSE(answers_alone(question, view));
  question.source.reset();
  question.is_emergency = true;
  EXPECT_FALSE(answers_alone(question, view));
  view.is_emergency = true;
  EXPECT_TRUE(answers_alone(question, view));
}

TEST(ParseMoment, TakesADateOrATimeWithItsZone) {
  EXPECT_EQ(*parse_moment("1970-01-02"), 86'400 * kSecond);
  EXPECT_EQ(*parse_moment("1970-01-01T02:00:00+01:00"), 3'600 * kSecond);
  EXPECT_EQ(*parse_moment("1970-01-01T00:00:00.5Z"), kSecond / 2);
}

TEST(ParseMoment, RefusesEveryOtherTextAndSaysWhatItTakes) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-03-01T08:00:00",
                           "01.03.2026", "1969-12-31", "2026-03-01 ", "yesterday"}) {
    const auto moment = parse_moment(text);
    ASSERT_FALSE(moment) << text;
    EXPECT_EQ(moment.error().code, Code::kInvalid);
    EXPECT_NE(moment.error().message.find("2026-03-01T08:00:00+01:00"), std::string::npos);
  }
}

}  // namespace
}  // namespace varve::search
