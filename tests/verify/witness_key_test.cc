// Witness keys that an auditor does not follow: one that nobody of the log named, in a record of another kind, or
// kept out of the key history.
#include <gtest/gtest.h>

#include "good_log.h"

namespace varve::verify {
namespace {

using format::Kind;

/// About the log's keys; empty: there is none.
std::string finding_of(const LogBuilder& log) {
  const Outcome outcome = audit(log);
  if (!outcome.finding) return outcome.error;
  EXPECT_EQ(outcome.finding->check, "keys") << outcome.text();
  return outcome.finding->what;
}

/// A key that witnesses are to know the log by, the last of these, in a record of this kind.
void name_key_for_witnesses(LogBuilder& log, Kind kind, const std::vector<SigningKey>& by) {
  log.key_events.push_back(log.records.size());
  log.control(kind, log.key_note(format::KeyAction::kWitnessKey, by.back(), by));
}

TEST(AuditedWitnessKey, ThatNoActiveKeySignedOrInARecordOfAnotherKindIsRefused) {
  const auto named = [](Kind kind, bool by_the_log) {
    LogBuilder log;
    const SigningKey key = SigningKey::make(log.origin, "for witnesses");
    name_key_for_witnesses(log, kind, by_the_log ? std::vector{log.first, key} : std::vector{key});
    return log;
  };
  EXPECT_EQ(finding_of(named(Kind::kWitnessKey, true)), "");
  EXPECT_NE(finding_of(named(Kind::kWitnessKey, false)).find("not signed"), std::string::npos);
  EXPECT_NE(finding_of(named(Kind::kKeyEvent, true)).find("the text of another kind"),
            std::string::npos);
}

TEST(AuditedWitnessKey, ThatIsKeptOutOfTheKeyHistoryIsFoundInTheLog) {
  LogBuilder log;
  name_key_for_witnesses(log, Kind::kWitnessKey,
                         {log.first, SigningKey::make(log.origin, "for witnesses")});
  log.key_events.pop_back();
  EXPECT_NE(finding_of(log).find("not the one in the log"), std::string::npos);
}

}  // namespace
}  // namespace varve::verify
