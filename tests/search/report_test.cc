// What a report counts for whom, and which disclosures an accounting tells of.
#include "tools/audit/search/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "tools/audit/search/accounting_text.h"

namespace varve::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t kDayUs = 86'400'000'000;
constexpr std::string_view kReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason|";

Seen seen_at(std::uint64_t record, std::uint64_t time_us, events::View view) {
  return {LeafIndex{record}, 0, {SourceId{7}, time_us}, std::move(view)};
}

events::View by(const std::string& actor, std::vector<std::string> patients) {
  events::View view;
  view.who = {{actor, {}, "", {}, "", "", true}};
  view.whom = std::move(patients);
  return view;
}

std::vector<ReportLine> lines_of(const Report& report) {
  return report.lines([](SourceId) { return std::string("ward/ehr"); });
}

TEST(Report, CountsForEachActorTheEventsAndThePatients) {
  Report report(ReportKind::kActors, {});
  report.add(seen_at(1, 5, by("alice", {"p1"})));
  report.add(seen_at(2, 3, by("alice", {"p1", "p2"})));
  report.add(seen_at(4, 9, by("bob", {})));
  const auto lines = lines_of(report);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].name, "alice");
  EXPECT_EQ(lines[0].events, 2U);
  EXPECT_EQ(lines[0].others, 2U);
  EXPECT_EQ(lines[0].first_us, 3U);
  EXPECT_EQ(lines[0].last_us, 5U);
  EXPECT_EQ(lines[0].first_record, 1U);
  EXPECT_EQ(lines[0].last_record, 2U);
  EXPECT_EQ(lines[1].name, "bob");
  EXPECT_EQ(lines[1].others, 0U);
}

TEST(Report, CountsForEachPatientTheActors) {
  Report report(ReportKind::kPatients, {});
  report.add(seen_at(1, 1, by("alice", {"p1"})));
  report.add(seen_at(2, 2, by("bob", {"p1"})));
  report.add(seen_at(3, 3, by("bob", {})));
  const auto lines = lines_of(report);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].name, "p1");
  EXPECT_EQ(lines[0].events, 2U);
  EXPECT_EQ(lines[0].others, 2U);
}

TEST(Report, CountsForEachSourceByMonth) {
  Report report(ReportKind::kSources, {});
  report.add(seen_at(1, 0, by("alice", {})));
  report.add(seen_at(2, 31 * kDayUs, by("alice", {})));
  report.add(seen_at(3, 32 * kDayUs, by("alice", {})));
  const auto lines = lines_of(report);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].name, "ward/ehr 1970-02");
  EXPECT_EQ(lines[0].events, 2U);
  EXPECT_EQ(lines[1].name, "ward/ehr 1970-01");
}

TEST(Report, CountsLogInsThatFailedAndNoOther) {
  events::View login = by("mallory", {});
  login.types = {{"DCM|110114", ""}};
  for (const char* good : {"success", "Success", "0", ""}) {
    login.outcome = good;
    EXPECT_FALSE(is_failed_login(login)) << good;
  }
  for (const char* bad : {"serious-failure", "failure", "minor-failure", "http://x|500"}) {
    login.outcome = bad;
    EXPECT_TRUE(is_failed_login(login)) << bad;
  }
  login.types = {{"DCM|110106", ""}};
  EXPECT_FALSE(is_failed_login(login));
  login.types = {};
  login.action = "ConsoleLogin";
  EXPECT_TRUE(is_failed_login(login));
}

TEST(Report, GoesByTheHoursOfTheMachinesZoneAndTheWeekEnd) {
  ASSERT_EQ(::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
  ::tzset();
  constexpr std::uint64_t kHourUs = 3'600'000'000;
  constexpr std::uint64_t kMondayUs = 1'772'409'600'000'000;   // 2026-03-02T00:00:00Z
  EXPECT_TRUE(is_after_hours(kMondayUs + 5 * kHourUs, {}));    // 06:00 in winter
  EXPECT_FALSE(is_after_hours(kMondayUs + 6 * kHourUs, {}));   // 07:00
  EXPECT_FALSE(is_after_hours(kMondayUs + 17 * kHourUs, {}));  // 18:00
  EXPECT_TRUE(is_after_hours(kMondayUs + 18 * kHourUs, {}));   // 19:00
  EXPECT_FALSE(is_after_hours(kMondayUs + 18 * kHourUs, {7, 20}));
  EXPECT_TRUE(is_after_hours(kMondayUs - 12 * kHourUs, {}));  // Sunday noon
  constexpr std::uint64_t kSummerUs = kMondayUs + 28 * kDayUs;
  EXPECT_FALSE(is_after_hours(kSummerUs + 5 * kHourUs, {}));  // 07:00 in summer
  ASSERT_EQ(::unsetenv("TZ"), 0);
  ::tzset();
}

events::View disclosed(const std::string& purpose, const std::string& recipient) {
  events::View view = by("alice", {"p1"});
  view.types = {{"DCM|110106", "Export"}};
  view.what = {{"p1", {}, "", {}, {}}, {"Doc/1", {}, "letter", {}, {}}};
  if (!purpose.empty()) view.purposes = {{purpose, ""}};
  view.recipients = {recipient};
  return view;
}

std::string reason(std::string_view code) {
  return std::string(kReason).append(code);
}

TEST(Accounting, TellsOfADisclosureUnlessItsPurposeIsExempt) {
  EXPECT_EQ(telling_of(disclosed(reason("HMARKT"), "x")), Telling::kTold);
  EXPECT_EQ(telling_of(disclosed(reason("PUBHLTH"), "x")), Telling::kTold);
  EXPECT_EQ(telling_of(disclosed(reason("TREAT"), "x")), Telling::kExempt);
  EXPECT_EQ(telling_of(disclosed("urn:oid:2.16.840.1.113883.5.8|HPAYMT", "x")), Telling::kExempt);
  EXPECT_EQ(telling_of(disclosed(reason("PATRQT"), "x")), Telling::kExempt);
}

TEST(Accounting, HasAPersonLookWhereThePurposeIsNotSaidOrNotKnown) {
  EXPECT_EQ(telling_of(disclosed("", "x")), Telling::kReview);
  EXPECT_EQ(telling_of(disclosed("TREAT", "x")), Telling::kReview) << "of no system";
  EXPECT_EQ(telling_of(disclosed("urn:hospital|TREAT", "x")), Telling::kReview);
}

TEST(Accounting, LetsAPurposeThatIsNotExemptCount) {
  events::View view = disclosed(reason("TREAT"), "x");
  view.purposes.push_back({reason("HMARKT"), ""});
  EXPECT_EQ(telling_of(view), Telling::kTold);
  view.purposes[1].value = "urn:hospital|12";
  EXPECT_EQ(telling_of(view), Telling::kReview);
}

TEST(Accounting, TakesExportsAndDisclosuresAndNothingThatCameIn) {
  events::View view = by("alice", {"p1"});
  EXPECT_FALSE(is_disclosure(view));
  view.types = {{"http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle|disclose", ""}};
  EXPECT_TRUE(is_disclosure(view));
  view.types.push_back({"DCM|110107", "Import"});
  EXPECT_FALSE(is_disclosure(view)) << "somebody else disclosed it to us";
}

TEST(Accounting, SumsUpWhatWentToOneRecipientForOnePurpose) {
  Accounting accounting;
  accounting.add(seen_at(9, 40 * kDayUs, disclosed(reason("HMARKT"), "lab")));
  accounting.add(seen_at(4, 10 * kDayUs, disclosed(reason("HMARKT"), "lab")));
  accounting.add(seen_at(5, 20 * kDayUs, disclosed(reason("HMARKT"), "press")));
  accounting.add(seen_at(6, 20 * kDayUs, disclosed(reason("PUBHLTH"), "lab")));
  const auto told = accounting.told();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].recipient, "lab");
  EXPECT_EQ(told[0].count, 2U);
  EXPECT_EQ(told[0].first_us, 10 * kDayUs);
  EXPECT_EQ(told[0].last_us, 40 * kDayUs);
  EXPECT_THAT(told[0].records, ElementsAre(9U, 4U));
  EXPECT_EQ(told[0].what, "Doc/1; letter") << "the patient is no thing that was sent";
}

TEST(Accounting, CountsWhatItDoesNotTellOf) {
  Accounting accounting;
  accounting.add(seen_at(1, 1, disclosed(reason("TREAT"), "lab")));
  events::View failed = disclosed(reason("HMARKT"), "lab");
  failed.outcome = "serious-failure";
  accounting.add(seen_at(2, 1, failed));
  events::View used = by("alice", {"p1"});
  accounting.add(seen_at(3, 1, used));
  used.recipients = {"app"};
  accounting.add(seen_at(4, 1, used));
  accounting.add(seen_at(5, 1, disclosed("", "lab")));
  EXPECT_THAT(accounting.told(), IsEmpty());
  EXPECT_EQ(accounting.exempt(), 1U);
  EXPECT_EQ(accounting.failed(), 1U);
  EXPECT_THAT(accounting.received(), ElementsAre(4U));
  ASSERT_EQ(accounting.review().size(), 1U);
  const std::string text = accounting_text(accounting);
  EXPECT_THAT(text, HasSubstr("to be told: 0 lines\n"));
  EXPECT_THAT(text, HasSubstr("\n1970-01-01  lab "));
  EXPECT_THAT(text, HasSubstr("\nnot to be told: 1 disclosure for treatment"));
  EXPECT_THAT(text, HasSubstr("\n1 event names a recipient"));
}

TEST(Accounting, PrintsWhatASenderWroteAsTextOnly) {
  Accounting accounting;
  events::View view = disclosed(reason("HMARKT"), "<script>alert(1)</script>");
  accounting.add(seen_at(1, 1, view));
  accounting.add(seen_at(2, 2, disclosed(reason("PUBHLTH"), "=cmd|' /C calc'!A0")));
  const std::string html = accounting_html(accounting, {});
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(accounting_csv(accounting), HasSubstr("\"'=cmd|' /C calc'!A0\""));
}

}  // namespace
}  // namespace varve::audit
