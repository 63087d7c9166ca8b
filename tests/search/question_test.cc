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
  return judge(question, {}, view, kOrigin) == Verdict::kYes;
}

TEST(Answers, IsTrueOfEveryEventWhereNothingIsAsked) {
  EXPECT_TRUE(answers_alone({}, {}));
}

TEST(Answers, TakesOneOfTheValuesOfEachFieldAndAllOfTheFields) {
  const events::View view = view_at(50);
  Question question;
  question.conditions = {{Field::kPatient, Wanted({"p0", "p2"})}};
  EXPECT_TRUE(answers_alone(question, view));
  question.conditions.push_back({Field::kAction, Wanted({"read", "update"})});
  EXPECT_TRUE(answers_alone(question, view));
  question.conditions[1].any_of = Wanted({"update"});
  EXPECT_FALSE(answers_alone(question, view));
  question.conditions = {{Field::kPatient, Wanted({"p0"})}, {Field::kAction, Wanted({"read"})}};
  EXPECT_FALSE(answers_alone(question, view));
  question.conditions = {{Field::kRecipient, Wanted({"x"})}};
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

// Of what is asked the event says nothing: then it may match if it says more than its fields do.
TEST(Judge, SaysMaybeWhereWhatIsAskedMayBeInWhatWasNotUnderstood) {
  Question question;
  question.conditions = {{Field::kRecipient, Wanted({"x"})}};
  const events::View view = view_at(50);
  events::Extraction said;
  EXPECT_EQ(judge(question, said, view, kOrigin), Verdict::kNo);
  said.add_gap("a", "b");
  EXPECT_EQ(judge(question, said, view, kOrigin), Verdict::kMaybe);
  events::View more = view;
  more.message = "alice opened the chart";
  EXPECT_EQ(judge(question, {}, more, kOrigin), Verdict::kMaybe);
  more = view;
  more.what = {{"", {}, "", {}, {"query=Patient?identifier=7"}}};
  EXPECT_EQ(judge(question, {}, more, kOrigin), Verdict::kMaybe);
  question.conditions.push_back({Field::kAction, Wanted({"delete"})});
  EXPECT_EQ(judge(question, said, view, kOrigin), Verdict::kNo) << "it says another action";
}

TEST(Judge, SaysMaybeOfATimeThatIsAheadOfTheRecordWhereOneOfTheTwoFits) {
  Question question;
  question.from_us = 50 * kSecond;
  question.until_us = 200 * kSecond;
  EXPECT_EQ(judge(question, {}, view_at(390), kOrigin), Verdict::kNo) << "clocks differ";
  EXPECT_EQ(judge(question, {}, view_at(500), kOrigin), Verdict::kMaybe);
  question.from_us = 450 * kSecond;
  question.until_us = 600 * kSecond;
  EXPECT_EQ(judge(question, {}, view_at(500), kOrigin), Verdict::kMaybe);
  question.from_us = 50 * kSecond;
  EXPECT_EQ(judge(question, {}, view_at(500), kOrigin), Verdict::kYes) << "both fit";
}

TEST(Judge, LeavesOutARecordThatWasNotUnderstoodOnlyWhereNoEventOfItCouldMatch) {
  Question question;
  question.conditions = {{Field::kPatient, Wanted({"p"})}};
  EXPECT_EQ(judge_unread(question, kOrigin), Verdict::kMaybe);
  question.until_us = 50 * kSecond;  // an event is older than its record
  EXPECT_EQ(judge_unread(question, kOrigin), Verdict::kMaybe);
  question.until_us.reset();
  question.from_us = 401 * kSecond;
  EXPECT_EQ(judge_unread(question, kOrigin), Verdict::kNo);
  question.from_us.reset();
  question.source = SourceId{6};
  EXPECT_EQ(judge_unread(question, kOrigin), Verdict::kNo);
}

TEST(HasTrace, FindsAnIdAnywhereAsAWordOfItsOwn) {
  Question question;
  question.conditions = {{Field::kPatient, Wanted({"urn:mrn|MRN-777", "Patient/1234", "P1"})}};
  const auto traced = [&](std::string_view payload) {
    return has_trace(question, bytes_of(payload), {});
  };
  for (const char* payload : {"MRN-777", "chart of MRN-777.", "x=MRN-777&y", R"(Patient\/1234)",
                              "Patient?identifier=urn:mrn|MRN-777", "(1234)"})
    EXPECT_TRUE(traced(payload)) << payload;
  for (const char* payload :
       {"", "MRN-7770", "XMRN-777", "MRN-777-2", "12345", "MRN-77", "P1", "mrn-777"})
    EXPECT_FALSE(traced(payload)) << payload;
  events::Extraction decoded;
  decoded.events.resize(1);
  decoded.events[0].what = {{"", {}, "", {}, {"query=MRN-777"}}};
  EXPECT_TRUE(has_trace(question, {}, decoded)) << "it was base64";
  EXPECT_FALSE(has_trace({}, bytes_of("MRN-777"), {})) << "nobody was asked for";
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
