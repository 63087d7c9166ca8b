// Records of who read what: counted, and held to their rules by an auditor.
#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/format/access.h"

namespace varve::verify {
namespace {

using format::Kind;

std::string access_by(const std::string& origin) {
  return format::access_text({origin,
                              {"ann", "token", "", "", "", "", "192.0.2.7"},
                              10,
                              20,
                              {{"GET", "/logs/{log}/events/{item}", 200, 1, {{{3}, {3}}}}}});
}

TEST(ReportRecords, AreCountedAcrossAnAuditThatIsContinued) {
  LogBuilder log = good_log();
  log.own_batch(Kind::kAccess, access_by(log.origin));
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  log.own_batch(Kind::kLoss, format::loss_text({log.origin, 5, 9}));
  log.own_batch(Kind::kAccess, access_by(log.origin));
  const Outcome outcome = audit(log.files(), log.first.verifier, "", check.save());
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->reports.access, 2U);
  EXPECT_EQ(outcome.intact->reports.refusal, 0U);
  EXPECT_EQ(outcome.intact->reports.loss, 1U);
  EXPECT_TRUE(outcome.intact->not_understood.empty());
}

TEST(ReportRecords, ThatSayNothingOfTheKindAreFindings) {
  const std::string origin = good_log().origin;
  for (const auto& [kind, payload] :
       {std::pair<Kind, std::string>{Kind::kAccess, access_by("log.example/other")},
        {Kind::kAccess, access_by(origin) + "\n"},
        {Kind::kRefusal, access_by(origin)},
        {Kind::kLoss, ""}}) {
    LogBuilder log = good_log();
    log.own_batch(kind, payload);
    const Outcome outcome = audit(log);
    ASSERT_TRUE(outcome.finding) << payload;
    EXPECT_EQ(outcome.finding->check, format::kind_name(kind));
    EXPECT_EQ(outcome.finding->index->value, log.records.size() - 2);
  }
}

// Else whoever may append could say that somebody read.
TEST(ReportRecords, OfAnyoneButTheLogItselfAreFindings) {
  LogBuilder log = good_log();
  const SigningKey ward = SigningKey::make("ward-9", "ward-9");
  log.register_source(ward);
  log.event(*format::source_id("ward-9"), 0, access_by(log.origin), Kind::kAccess);
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->index->value, log.records.size() - 1);
  EXPECT_NE(outcome.finding->what.find("only the log itself"), std::string::npos)
      << outcome.finding->what;
}

}  // namespace
}  // namespace varve::verify
