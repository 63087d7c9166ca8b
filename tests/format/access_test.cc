// Access, refusal and loss records have one spelling, and keep their limits at the edge.
#include "ledger/format/access.h"

#include <gtest/gtest.h>

#include "ledger/format/kinds.h"
#include "tests/format/text_lines.h"

namespace varve::format {
namespace {

constexpr const char* kEvents = "/logs/{log}/events/{item}";

Access some_access() {
  return {"log.example",
          {"ward 7", "jwt", "sha256:00", "ann", "https://idp", "t-1", "192.0.2.7"},
          10,
          20,
          {{"GET", kEvents, 200, 3, {{{1}, {4}}, {{9}, {9}}}},
           {"HEAD", kEvents, 410, 1, {{{7}, {7}}}}}};
}

Refusals some_refusals() {
  return {"log.example",
          10,
          20,
          {{{"limit", "GET", kEvents, "192.0.2.7", "ward 7"}, 2},
           {{"no-credential", "GET", kEvents, "192.0.2.8", ""}, 1}},
          4};
}

TEST(AccessText, IsReadAsItWasWritten) {
  EXPECT_EQ(*parse_access(access_text(some_access())), some_access());
  Access anonymous = some_access();
  anonymous.reader = {"", "", "", "", "", "", "192.0.2.7"};
  EXPECT_EQ(*parse_access(access_text(anonymous)), anonymous);
  Access far = some_access();
  far.readings.front().read = {{{0}, {0}}, {{2}, {UINT64_MAX}}};
  EXPECT_EQ(*parse_access(access_text(far)), far);
}

TEST(AccessText, IsExactlyItsLines) {
  Access one = some_access();
  one.readings.pop_back();
  expect_exactly_these_lines(access_text(one), parse_access);
}

TEST(AccessText, HasOneSpelling) {
  expect_no_spelling(access_text(some_access()),
                     {{"access v1", "access v2"},
                      {"origin log", "origin l og"},
                      {"client ward 7", "client ward\t7"},
                      {"client ward 7", "client " + std::string(kReportValueMax + 1, 'x')},
                      {"proof jwt", "proof letter"},
                      {"first 10", "first 010"},
                      {"first 10", "first 21"},
                      {"read GET", "read  GET"},
                      {"read GET", "read METHODLONG"},
                      {"read GET /", "read GET \xc3\xa4/"},
                      {" 200 3", " 99 3"},
                      {" 200 3", " 600 3"},
                      {" 200 3", " 200 0"},
                      {" 1-4,9", " "},
                      {" 1-4,9", ""},
                      {" 1-4,9", " 1-4,"},
                      {" 1-4,9", " 1-4,5"},
                      {" 1-4,9", " 9,1-4"},
                      {" 1-4,9", " 1-4,3-9"},
                      {" 1-4,9", " 4-1"},
                      {" 1-4,9", " 1-1"},
                      {" 1-4,9", " 01-4"},
                      {" 1-4,9", " 18446744073709551616"},
                      {"read HEAD", "read GAD"}},
                     parse_access);
}

TEST(AccessText, LongerThanARecordHoldsIsRefused) {
  Access access = some_access();
  access.readings.resize(1);
  const std::size_t more = kReportBytesMax - access_text(access).size();
  for (std::uint64_t k = 0; k < more / 5; ++k)  // ",1000" and so on
    access.readings[0].read.push_back({{1'000 + 2 * k}, {1'000 + 2 * k}});
  EXPECT_GT(access_text(access).size(), kReportBytesMax);
  EXPECT_FALSE(parse_access(access_text(access)));
  while (access_text(access).size() > kReportBytesMax) access.readings[0].read.pop_back();
  EXPECT_TRUE(parse_access(access_text(access)));
}

TEST(RefusalsText, IsReadAsItWasWrittenAndHasOneSpelling) {
  EXPECT_EQ(*parse_refusals(refusals_text(some_refusals())), some_refusals());
  Refusals none_more = some_refusals();
  none_more.more = 0;
  EXPECT_EQ(*parse_refusals(refusals_text(none_more)), none_more);
  expect_no_spelling(refusals_text(some_refusals()),
                     {{"refusals v1", "refusals v2"},
                      {"last 20", "last 9"},
                      {"refused 2", "refused 02"},
                      {"refused 2", "refused 0"},
                      {"192.0.2.8 \n", "192.0.2.8\n"},
                      {" limit ", " mood "},
                      {" GET ", " get it now "},
                      {" 192.0.2.7 ", "  "},
                      {"ward 7", "ward\t7"},
                      {" limit ", " unknown-credential "},
                      {"more 4", "more 0"},
                      {"more 4\n", "more 4\n\n"},
                      {"more 4", "less 4"}},
                     parse_refusals);
}

TEST(LossText, IsExactlyItsLines) {
  const Loss loss{"log.example", 10, 20};
  EXPECT_EQ(*parse_loss(loss_text(loss)), loss);
  expect_exactly_these_lines(loss_text(loss), parse_loss);
  EXPECT_FALSE(parse_loss(loss_text({"log.example", 20, 10})));
}

TEST(ReportValue, IsPrintableAndBounded) {
  EXPECT_EQ(report_value("ward 7"), "ward 7");
  EXPECT_EQ(report_value("a%b\n\xc3\xa4"), "a%25b%0a%c3%a4");
  const std::string longest = report_value(std::string(2 * kReportValueMax, '\n'));
  EXPECT_LE(longest.size(), kReportValueMax);
  Access access = some_access();
  access.reader.client = longest;
  EXPECT_TRUE(parse_access(access_text(access)));
}

TEST(Reports, OfAnotherLogAreRefused) {
  EXPECT_TRUE(check_access(access_text(some_access()), "log.example"));
  EXPECT_FALSE(check_access(access_text(some_access()), "log.example.org"));
  EXPECT_TRUE(check_refusals(refusals_text(some_refusals()), "log.example"));
  EXPECT_FALSE(check_refusals(refusals_text(some_refusals()), "other"));
  EXPECT_TRUE(check_loss(loss_text({"log.example", 1, 2}), "log.example"));
  EXPECT_FALSE(check_loss(loss_text({"log.example", 1, 2}), "other"));
}

}  // namespace
}  // namespace varve::format
