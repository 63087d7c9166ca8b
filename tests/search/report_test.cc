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
  return {LeafIndex{record}, 0, 1, {SourceId{7}, time_us}, std::move(view)};
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
  for (const char* good : {"success", "Success", "0", "", "http://x|0"}) {
    login.outcome = good;
    EXPECT_FALSE(has_failed_somehow(login)) << good;
  }
  for (const char* bad : {"serious-failure", "failure", "minor-failure", "http://x|8"}) {
    login.outcome = bad;
    EXPECT_TRUE(has_failed_somehow(login)) << bad;
  }
  EXPECT_TRUE(is_login(login));
  login.types = {{"DCM|110106", ""}};
  EXPECT_FALSE(is_login(login));
  for (const char* type : {"class_uid|3002", "Authentication", "USER_LOGIN"}) {
    login.types = {{type, ""}};
    EXPECT_TRUE(is_login(login)) << type;
  }
  login.types = {};
  for (const char* action : {"ConsoleLogin", "Logon", "login"}) {
    login.action = action;
    EXPECT_TRUE(is_login(login)) << action;
  }
}

TEST(Report, SaysWhatItCouldNotCount) {
  Report logins(ReportKind::kFailedLogins, {});
  events::View login = by("mallory", {});
  login.action = "login";
  logins.add(seen_at(3, 1, login));
  EXPECT_TRUE(lines_of(logins).empty());
  EXPECT_EQ(logins.left_out(), "1 log-ins do not say whether they failed");
  Report patients(ReportKind::kPatients, {});
  patients.add(seen_at(4, 1, login));
  patients.add(seen_at(9, 1, by("bob", {"p"})));
  EXPECT_EQ(patients.left_out(), "1 event names no patient: records 4");
  EXPECT_THAT(patients.without_name(), ElementsAre(4U));
}

TEST(Report, TakesTwoSpellingsOfAnIdForOne) {
  Report report(ReportKind::kPatients, {});
  report.add(seen_at(1, 1, by("alice", {"7^^^WARD&1.2.3&ISO"})));
  report.add(seen_at(2, 1, by("alice", {"urn:oid:1.2.3|7", "Patient/7/_history/1", "Patient/7"})));
  const auto lines = lines_of(report);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].name, "urn:oid:1.2.3|7");
  EXPECT_EQ(lines[0].events, 2U);
  EXPECT_EQ(lines[1].name, "Patient/7");
}

TEST(Report, NamesAnActorByAnotherIdBeforeAnAddress) {
  Report report(ReportKind::kActors, {});
  events::View view;
  view.who = {{"", {"uid=0", "acct=root"}, "", {}, "", "203.0.113.9", {}}};
  report.add(seen_at(1, 1, view));
  EXPECT_EQ(lines_of(report).at(0).name, "acct=root");
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
  view.what = {{"p1", {}, "Doe, Jane", {}, {}}, {"Doc/1", {}, "letter", {}, {"description=lab"}}};
  if (!purpose.empty()) view.purposes = {{purpose, ""}};
  if (!recipient.empty()) view.recipients = {recipient};
  return view;
}

std::string reason(std::string_view code) {
  return std::string(kReason).append(code);
}

Telling telling_of(const events::View& view) {
  return judge_disclosure(view, search::Wanted({"p1"})).telling;
}

TEST(Accounting, ListsADisclosureUnlessItsPurposeIsExempt) {
  for (const char* code : {"HMARKT", "PUBHLTH", "HRESCH", "MILDCRG", "THREAT"})
    EXPECT_EQ(telling_of(disclosed(reason(code), "x")), Telling::kTold) << code;
  for (const char* code : {"TREAT", "HPAYMT", "HOPERAT", "PATRQT", "FAMRQT"})
    EXPECT_EQ(telling_of(disclosed(reason(code), "x")), Telling::kExempt) << code;
  EXPECT_EQ(telling_of(disclosed("urn:oid:2.16.840.1.113883.5.8|HPAYMT", "x")), Telling::kExempt);
}

TEST(Accounting, HasAPersonLookWhereThePurposeIsNotSaidOrNotKnown) {
  EXPECT_EQ(telling_of(disclosed("", "x")), Telling::kReview);
  EXPECT_EQ(telling_of(disclosed("TREAT", "x")), Telling::kReview) << "of no system";
  EXPECT_EQ(telling_of(disclosed("urn:hospital|TREAT", "x")), Telling::kReview);
  EXPECT_EQ(telling_of(disclosed(reason("treat"), "x")), Telling::kReview);
  EXPECT_EQ(telling_of(disclosed(reason("SYSDEV"), "x")), Telling::kReview);
}

TEST(Accounting, LetsAPurposeThatIsNotExemptCount) {
  events::View view = disclosed(reason("TREAT"), "x");
  view.purposes.push_back({reason("HMARKT"), ""});
  EXPECT_EQ(telling_of(view), Telling::kTold);
  view.purposes[1].value = "urn:hospital|12";
  EXPECT_EQ(telling_of(view), Telling::kReview);
}

TEST(Accounting, LeavesOutWhatWentToThePatientAndReviewsWhatMayHaveBeenAuthorized) {
  EXPECT_EQ(telling_of(disclosed(reason("HMARKT"), "urn:mrn|p1")), Telling::kExempt);
  EXPECT_EQ(telling_of(disclosed("", "p1")), Telling::kExempt);
  events::View view = disclosed(reason("HMARKT"), "x");
  view.legal_bases = {"Consent/1"};
  EXPECT_EQ(telling_of(view), Telling::kReview);
}

TEST(Accounting, TakesExportsAndDisclosuresAndNothingThatCameIn) {
  events::View view = by("alice", {"p1"});
  EXPECT_FALSE(is_disclosure(view));
  const std::string cycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle|";
  for (const char* code : {"disclose", "transmit"}) {
    view.types = {{cycle + code, ""}};
    EXPECT_TRUE(is_disclosure(view)) << code;
  }
  view.types.push_back({"DCM|110107", "Import"});
  EXPECT_FALSE(is_disclosure(view)) << "somebody else disclosed it to us";
  view.types = {};
  for (const char* action : {"export", "disclose"}) {
    view.action = action;
    EXPECT_TRUE(is_disclosure(view)) << action;
  }
  view.action = "read";
  view.what = {{"Doc/1", {}, "", {}, {"lifecycle=http://x/dicom-audit-lifecycle|11 (Disclosure)"}}};
  EXPECT_TRUE(is_disclosure(view));
  view.what[0].fields = {"lifecycle=10"};
  EXPECT_TRUE(is_disclosure(view));
  view.what[0].fields = {"lifecycle=http://x/dicom-audit-lifecycle|6 (Access)"};
  EXPECT_FALSE(is_disclosure(view));
}

TEST(Accounting, SumsUpWhatWentToOneRecipientForOnePurpose) {
  Accounting accounting{search::Wanted({"p1"})};
  accounting.add(seen_at(9, 40 * kDayUs, disclosed(reason("HMARKT"), "lab")));
  accounting.add(seen_at(4, 10 * kDayUs, disclosed(reason("HMARKT"), "lab")));
  accounting.add(seen_at(5, 20 * kDayUs, disclosed(reason("HMARKT"), "press")));
  accounting.add(seen_at(6, 20 * kDayUs, disclosed(reason("PUBHLTH"), "lab")));
  const auto told = accounting.told();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].recipient, "lab");
  EXPECT_EQ(told[0].first_us, 10 * kDayUs);
  EXPECT_EQ(told[0].last_us, 40 * kDayUs);
  EXPECT_THAT(told[0].records, ElementsAre(9U, 4U));
  EXPECT_EQ(told[0].what, "letter; Doc/1; lab")
      << "no patient's name or id is a thing that was sent";
  EXPECT_EQ(told[0].purpose, "HMARKT");
}

TEST(Accounting, SumsUpNothingWhereRecipientOrPurposeIsNotOne) {
  Accounting accounting{search::Wanted({"p1"})};
  for (std::uint64_t record : {1U, 2U}) {
    accounting.add(seen_at(record, record, disclosed(reason("HMARKT"), "")));
    accounting.add(seen_at(record + 10, record, disclosed("", "lab")));
    events::View two = disclosed(reason("HMARKT"), "lab");
    two.purposes.push_back({reason("PUBHLTH"), ""});
    accounting.add(seen_at(record + 20, record, two));
  }
  EXPECT_EQ(accounting.told().size(), 4U);
  EXPECT_EQ(accounting.review().size(), 2U);
}

TEST(Accounting, NamesNoOtherPatient) {
  Accounting accounting{search::Wanted({"p1"})};
  events::View view = disclosed(reason("HMARKT"), "lab");
  view.whom.push_back("p2");
  view.what.push_back({"p2", {}, "Smith, Robert", {}, {"description=of Smith"}});
  accounting.add(seen_at(1, 1, view));
  EXPECT_THAT(accounting.told(), IsEmpty());
  ASSERT_EQ(accounting.review().size(), 1U);
  EXPECT_EQ(accounting.review()[0].why, "it is about several patients");
  EXPECT_THAT(accounting_html(accounting, {}), Not(HasSubstr("Smith")));
}

TEST(Accounting, NamesTheRecipientAndItsAddress) {
  Accounting accounting{search::Wanted({"p1"})};
  events::View view = disclosed(reason("HMARKT"), "Organization/7");
  view.who.push_back({"Organization/7", {}, "County Health", {}, "", "10.1.1.1", false});
  accounting.add(seen_at(1, 1, view));
  EXPECT_EQ(accounting.told().at(0).recipient, "County Health (Organization/7), 10.1.1.1");
}

TEST(Accounting, DatesADisclosureAsTheEventDoes) {
  Accounting accounting{search::Wanted({"p1"})};
  events::View view = disclosed(reason("HMARKT"), "");
  view.when = {"2026-05-01T23:30:00-05:00", 1'777'696'200'000'000'000};
  accounting.add(seen_at(1, 1'777'696'200'000'000, view));
  accounting.add(seen_at(2, 1'777'696'200'000'001, disclosed(reason("HMARKT"), "")));
  accounting.add(seen_at(3, 5, view));
  const auto told = accounting.told();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].date, "2026-05-01") << "by its own zone";
  EXPECT_EQ(told[1].date, "2026-05-01?") << "ahead of its record";
  EXPECT_EQ(told[2].date, "2026-05-02?") << "its record's";
}

TEST(Accounting, SaysOfEveryEventOfThePatientWhatBecameOfIt) {
  Accounting accounting{search::Wanted({"p1"})};
  accounting.add(seen_at(1, 1, disclosed(reason("TREAT"), "lab")));
  for (const char* outcome : {"serious-failure", "failure", "http://x|12"}) {
    events::View failed = disclosed(reason("HMARKT"), "lab");
    failed.outcome = outcome;
    accounting.add(seen_at(2, 1, failed));
  }
  events::View used = by("alice", {"p1"});
  accounting.add(seen_at(3, 1, used));
  used.recipients = {"app"};
  accounting.add(seen_at(4, 1, used));
  accounting.add(seen_at(5, 1, disclosed("", "lab")));
  EXPECT_THAT(accounting.told(), IsEmpty());
  EXPECT_THAT(accounting.received(), ElementsAre(4U));
  ASSERT_EQ(accounting.review().size(), 1U);
  const std::string text = accounting_text(accounting);
  EXPECT_THAT(text, HasSubstr("to be listed: 0\nto be reviewed first: 1\n"));
  EXPECT_THAT(text, HasSubstr("\n1970-01-01?  lab "));
  EXPECT_THAT(text, HasSubstr("\nleft out, treatment, payment or operations: 1 record: 1\n"));
  EXPECT_THAT(text, HasSubstr("\nleft out, it failed, says the event: 3 records: 2 2 2\n"));
  EXPECT_THAT(text, HasSubstr("but with a recipient: 1 record: 4\nother events of the patient: 1"));
  EXPECT_THAT(accounting_csv(accounting),
              HasSubstr("\"no\",\"\",\"\",\"\",\"\",\"\",\"1\",\"treat"));
}

TEST(Accounting, PrintsWhatASenderWroteAsTextOnly) {
  Accounting accounting{search::Wanted({"p1"})};
  events::View view = disclosed(reason("HMARKT"), "<script>alert(1)</script>");
  accounting.add(seen_at(1, 1, view));
  accounting.add(seen_at(2, 2, disclosed(reason("PUBHLTH"), "=cmd|' /C calc'!A0")));
  AccountingFrame frame;
  frame.patient = {"p1<b>"};
  frame.read = "every record was read\nmay match: 1 record";
  const std::string html = accounting_html(accounting, frame);
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("For the patient with p1&lt;b&gt;</p>"));
  EXPECT_THAT(html, HasSubstr("<p>every record was read</p>\n<p>may match: 1 record</p>"));
  EXPECT_THAT(accounting_csv(accounting), HasSubstr("\"'=cmd|' /C calc'!A0\""));
}

TEST(Accounting, SaysThatThereWasNoneOnlyWhereNothingIsLeftOpen) {
  const Accounting none{search::Wanted({"p1"})};
  const std::string nothing = "There was no disclosure that has to be listed.";
  AccountingFrame frame;
  EXPECT_THAT(accounting_html(none, frame), HasSubstr(nothing));
  frame.may_be_more = true;
  EXPECT_THAT(accounting_html(none, frame), Not(HasSubstr(nothing)));
  frame = {};
  frame.gone = "3 events are gone";
  EXPECT_THAT(accounting_html(none, frame), Not(HasSubstr(nothing)));
  Accounting review{search::Wanted({"p1"})};
  review.add(seen_at(5, 1, disclosed("", "lab")));
  EXPECT_THAT(accounting_html(review, {}), Not(HasSubstr(nothing)));
}

}  // namespace
}  // namespace varve::audit
