// Attacks on a log. Unless a test says otherwise the attacker holds the log's own signing key and
// recomputes every hash, tile, bundle, proof and checkpoint after the change: what still gives the
// change away are the sources' seals, numbers without gaps, and older checkpoints.
#include <gtest/gtest.h>

#include <algorithm>

#include "good_log.h"
#include "ledger/format/batch.h"
#include "ledger/merkle/tree.h"

namespace varve::verify {
namespace {

using format::Kind;

void expect_finding(const Outcome& outcome, const std::string& check,
                    std::optional<std::size_t> index, const std::string& what) {
  ASSERT_TRUE(outcome.finding) << (outcome.intact ? "intact" : outcome.error);
  EXPECT_EQ(outcome.finding->check, check) << outcome.text();
  if (index) {
    EXPECT_EQ(outcome.finding->index, LeafIndex{*index}) << outcome.text();
  }
  EXPECT_NE(outcome.finding->what.find(what), std::string::npos) << outcome.text();
}

/// Removes or moves records; keeps the list of key events pointing at the same records.
void erase_records(LogBuilder& log, std::size_t from, std::size_t count) {
  log.records.erase(log.records.begin() + static_cast<std::ptrdiff_t>(from),
                    log.records.begin() + static_cast<std::ptrdiff_t>(from + count));
  for (std::size_t& index : log.key_events)
    if (index >= from + count) index -= count;
}

TEST(Attack, ARecordAlteredInPlaceIsNamed) {
  const LogBuilder log = sender_log();
  const Files good = log.files();
  const std::string bundle = "tile/entries/000.p/" + std::to_string(log.records.size());
  for (std::size_t index = 0; index < log.records.size(); ++index) {
    LogBuilder altered = log;
    altered.records[index].back() ^= std::byte{1};
    Files files = good;
    files.at(bundle) = altered.files().at(bundle);
    expect_finding(audit(files, log.first.verifier), "leaf hash", index, "altered");
  }
}

TEST(Attack, ARecordAlteredWithAllHashesButNotTheCheckpointIsFoundAtItsSealOrTheRoot) {
  const LogBuilder log = sender_log();
  for (std::size_t index = 1; index < log.records.size(); ++index) {
    SCOPED_TRACE(index);
    LogBuilder altered = log;
    altered.records[index][20] ^= std::byte{1};  // the time: nothing else is wrong with the record
    Files files = altered.files();
    files["checkpoint"] = log.files()["checkpoint"];
    files["keys"] = log.files()["keys"];
    const Outcome outcome = audit(files, log.first.verifier);
    ASSERT_TRUE(outcome.finding);
  }
}

TEST(Attack, AnEventAlteredByWhoeverHoldsTheLogsKeyIsFoundAtItsSourcesSeal) {
  const LogBuilder log = good_log();
  const std::size_t index = find_record(log, Kind::kEvent, id_of(ward()), 1);
  const std::size_t seal = find_record(log, Kind::kBatchSeal, id_of(ward()), 0);
  LogBuilder altered = log;
  altered.records[index].back() ^= std::byte{1};
  expect_finding(audit(altered), "seal", seal, "is not what was sealed");
}

TEST(Attack, ASealRewrittenOverAlteredEventsLacksTheSourcesSignature) {
  LogBuilder log = good_log();
  const std::size_t seal_at = find_record(log, Kind::kBatchSeal, id_of(lab()), 0);
  log.records[seal_at - 1].back() ^= std::byte{1};
  auto seal = format::decode_seal(log.records[seal_at]);
  seal->root = merkle::leaf_hash(log.records[seal_at - 1]);
  log.records[seal_at] = *format::encode_seal(*seal);
  expect_finding(audit(log), "seal", seal_at, "not signed by its source's key");
}

TEST(Attack, ASealBySomeoneElseForASourceIsRefused) {
  LogBuilder log = good_log();
  const std::size_t seal_at = find_record(log, Kind::kBatchSeal, id_of(lab()), 0);
  auto seal = format::decode_seal(log.records[seal_at]);
  seal->sealer = format::Sealer::kLog;  // needs no signature
  log.records[seal_at] = *format::encode_seal(*seal);
  expect_finding(audit(log), "seal", seal_at, "may not seal for this source");
}

TEST(Attack, ASingleRecordRemovedLeavesAGapWhereverItWas) {
  const LogBuilder log = sender_log();
  for (std::size_t index = 0; index + 1 < log.records.size(); ++index) {
    SCOPED_TRACE(index);
    if (std::ranges::count(log.key_events, index) != 0) continue;  // tested below
    LogBuilder cut = log;
    erase_records(cut, index, 1);
    const Outcome outcome = audit(cut);
    ASSERT_TRUE(outcome.finding) << outcome.text();
  }
}

TEST(Attack, ASingleRecordDoubledIsFoundWhereverItIs) {
  const LogBuilder log = sender_log();
  for (std::size_t index = 1; index < log.records.size(); ++index) {
    SCOPED_TRACE(index);
    LogBuilder doubled = log;
    doubled.records.insert(doubled.records.begin() + static_cast<std::ptrdiff_t>(index),
                           log.records[index]);
    for (std::size_t& at : doubled.key_events)
      if (at > index) ++at;
    EXPECT_TRUE(audit(doubled).finding);
  }
}

TEST(Attack, TwoNeighboursExchangedAreFoundWhereverTheyAre) {
  const LogBuilder log = sender_log();
  for (std::size_t index = 0; index + 1 < log.records.size(); ++index) {
    SCOPED_TRACE(index);
    const bool key_event = std::ranges::count(log.key_events, index) != 0 ||
                           std::ranges::count(log.key_events, index + 1) != 0;
    if (key_event) continue;
    LogBuilder exchanged = log;
    std::swap(exchanged.records[index], exchanged.records[index + 1]);
    EXPECT_TRUE(audit(exchanged).finding);
  }
}

TEST(Attack, AHiddenBatchLeavesAGapInItsSource) {
  LogBuilder log = good_log();
  const std::size_t seal = find_record(log, Kind::kBatchSeal, id_of(ward()), 1);
  erase_records(log, seal - 2, 3);
  const std::size_t next = find_record(log, Kind::kEvent, id_of(ward()), 5);
  expect_finding(audit(log), "event", next, "something before it is missing");
}

TEST(Attack, TheLastBatchHiddenIsFoundByWhoeverHoldsItsCheckpointOrState) {
  const LogBuilder log = good_log();
  const std::string since = log.checkpoint(log.records.size());
  LogBuilder cut = log;
  erase_records(cut, log.records.size() - 2, 2);
  EXPECT_TRUE(audit(cut).intact) << "by itself it is a log like any other";
  expect_finding(audit(cut.files(), log.first.verifier, since), "older checkpoint", {},
                 "it was cut");

  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  expect_finding(audit(cut.files(), log.first.verifier, "", check.save()), "checkpoint", {},
                 "it was cut");
}

TEST(Attack, BatchesOfOneSourceExchangedAreFound) {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 2);
  log.batch(ward(), 2);
  std::rotate(log.records.begin() + 2, log.records.begin() + 5, log.records.end());
  expect_finding(audit(log), "event", 2, "something before it is missing");
}

TEST(Attack, AChainForkedWithTheSourcesOwnKeyIsFoundAtTheNextSeal) {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 1);
  log.batch(ward(), 1);
  LogBuilder other;  // the same events and numbers, sealed at another time: another seal
  other.register_source(ward());
  other.batch(ward(), 1);
  auto seal = format::decode_seal(other.records[3]);
  seal->time_us += 1;
  other.records.pop_back();
  other.seal(*seal, &ward());
  std::copy(other.records.begin(), other.records.end(), log.records.begin());
  expect_finding(audit(log), "seal", 5, "does not continue this source's chain");
}

/// The last seal again, changed and signed again: by a source that cheats, or whose key was stolen.
template <class Change>
LogBuilder with_last_seal(Change change) {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 2);
  auto seal = format::decode_seal(log.records.back());
  log.records.pop_back();
  change(*seal);
  log.seal(*seal, &ward());
  return log;
}

TEST(Attack, ASealWithAnotherNumberIsFound) {
  const auto log = with_last_seal([](format::Seal& seal) { seal.sequence = 1; });
  expect_finding(audit(log), "seal", 4, "the batch's number is 1, expected 0");
}

TEST(Attack, ASealOfOtherEventNumbersThanThoseBeforeItIsFound) {
  const auto later = with_last_seal([](format::Seal& seal) { seal.first_sequence = 1; });
  expect_finding(audit(later), "seal", 4, "sealed events 1 to 2");
  const auto fewer = with_last_seal([](format::Seal& seal) { seal.count = 1; });
  expect_finding(audit(fewer), "seal", 4, "sealed events 0 to 0");
}

TEST(Attack, EventsOfAnotherSourceWithinABatchAreFound) {
  LogBuilder log;
  log.register_source(ward());
  log.register_source(lab());
  log.event(id_of(ward()), 0, "{}");
  log.event(id_of(lab()), 1, "{}");  // the number that would be next if it were of this batch
  expect_finding(audit(log), "event", 4, "were never sealed");
}

TEST(Attack, ASourceRotatedToTheKeyItHasIsRefused) {
  LogBuilder log;
  log.register_source(ward());
  log.rotate_source(ward(), ward());
  expect_finding(audit(log), "source event", 2, "this key before");
}

/// The last record, a control record, decoded, changed and encoded again.
template <class Change>
LogBuilder with_control_record(Change change) {
  LogBuilder log;
  log.register_source(ward());
  const Buffer bytes = log.records.back();
  auto record = format::decode_record(bytes);
  change(*record);
  log.records.back() = *format::encode_record(*record);
  return log;
}

TEST(Attack, AControlRecordThatASourceWroteIsRefused) {
  const auto log = with_control_record([](format::Record& r) { r.source = id_of(ward()); });
  expect_finding(audit(log), "source event", 1, "only the log itself");
}

TEST(Attack, AControlRecordUnderAnotherMediaTypeIsRefused) {
  const auto log = with_control_record([](format::Record& r) { r.media_type = "text/plain"; });
  expect_finding(audit(log), "source event", 1, "media type");
}

TEST(Attack, AControlRecordOfAKindWithoutRulesIsNotWavedThrough) {
  const auto log = with_control_record([](format::Record& r) { r.kind = Kind::kVrfKey; });
  const Outcome outcome = audit(log);
  EXPECT_FALSE(outcome.intact);
  EXPECT_FALSE(outcome.finding) << "nor called corrupt: the log signed it";
  EXPECT_NE(outcome.error.find("record 1 is of kind 16 (vrf-key): this log is newer"),
            std::string::npos)
      << outcome.error;
}

TEST(Attack, ASourceRotationWithoutTheOldKeyIsRefused) {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 1);
  log.control(Kind::kSourceEvent,
              log.source_note(format::SourceAction::kRotate, ward_next(), {ward_next()}));
  log.batch(ward_next(), 1);
  expect_finding(audit(log), "source event", 4, "the source's key before");
}

TEST(Attack, ASourceRotationWithoutTheNewKeyIsRefused) {
  LogBuilder log;
  log.register_source(ward());
  log.control(Kind::kSourceEvent,
              log.source_note(format::SourceAction::kRotate, ward_next(), {ward()}));
  expect_finding(audit(log), "source event", 2, "the key that it names");
}

TEST(Attack, ASourceRegisteredAgainWithAnotherKeyIsRefused) {
  LogBuilder log;
  log.register_source(ward());
  log.register_source(ward_next());
  expect_finding(audit(log), "source event", 2, "registered before");
}

TEST(Attack, ASourceThatWasNeverRegisteredIsRefused) {
  LogBuilder log;
  log.batch(ward(), 1);
  expect_finding(audit(log), "event", 1, "never registered");
}

TEST(Attack, ASourceEventOfAnotherLogIsRefused) {
  LogBuilder log;
  const LogBuilder other("audit.example.org/other");
  log.control(Kind::kSourceEvent,
              other.source_note(format::SourceAction::kRegister, ward(), {ward()}));
  expect_finding(audit(log), "source event", 1, "another log");
}

TEST(Attack, ABatchReplayedFromAnotherLogIsNotSignedForThisOne) {
  LogBuilder other("audit.example.org/other");
  other.register_source(ward());
  other.batch(ward(), 1);
  LogBuilder log;
  log.register_source(ward());
  log.records.insert(log.records.end(), other.records.begin() + 2, other.records.end());
  expect_finding(audit(log), "seal", 3, "not signed by its source's key");
}

TEST(Attack, AKeyEventThatNoActiveKeySignedIsRefused) {
  LogBuilder log = good_log();
  const SigningKey thief = SigningKey::make(log.origin, "thief");
  const std::string note = log.key_note(format::KeyAction::kRotate, thief, {thief});
  log.key_events.push_back(log.records.size());
  log.control(Kind::kKeyEvent, note);
  log.active = {thief};
  log.all.push_back(thief);
  expect_finding(audit(log), "keys", {}, "not signed");
}

TEST(Attack, AKeyEventThatIsKeptOutOfTheKeyHistoryIsFoundInTheLog) {
  LogBuilder log;
  log.rotate_key(SigningKey::make(log.origin, "second key"));
  log.key_events.pop_back();
  log.active = log.all = {log.first};
  expect_finding(audit(log), "keys", {}, "not the one in the log");
}

TEST(Attack, ACheckpointOfAnUnknownKeyIsRefused) {
  LogBuilder log = good_log();
  log.active = {SigningKey::make(log.origin, "thief")};
  expect_finding(audit(log), "keys", {}, "");
  Files files = good_log().files();
  files["checkpoint"] = to_buffer(bytes_of(log.checkpoint(log.records.size())));
  expect_finding(audit(files, log.first.verifier), "checkpoint", {}, "");
}

TEST(Attack, ACheckpointOfARetiredKeyIsRefusedForATreeThatHasItsRetirement) {
  LogBuilder log = good_log();
  Files files = log.files();
  log.active = {log.first};
  files["checkpoint"] = to_buffer(bytes_of(log.checkpoint(log.records.size())));
  expect_finding(audit(files, log.first.verifier), "checkpoint", {}, "");
}

TEST(Attack, AnOldCheckpointOfARetiredKeyIsGoodForItsTime) {
  const LogBuilder log = good_log();
  LogBuilder then = log;
  then.active = {log.first};
  const std::string since = then.checkpoint(log.key_events[1]);
  EXPECT_TRUE(audit(log.files(), log.first.verifier, since).intact);
}

TEST(Attack, TwoHistoriesAreFoundByWhoeverHoldsACheckpointOfTheOther) {
  LogBuilder one;
  one.server_batch(2);
  LogBuilder other = one;
  one.server_batch(3);
  other.server_batch(1);
  other.server_batch(1);
  ASSERT_EQ(one.records.size(), other.records.size());
  const auto& first = one.first.verifier;
  EXPECT_TRUE(audit(one.files(), first, one.checkpoint(one.records.size())).intact);
  expect_finding(audit(one.files(), first, other.checkpoint(other.records.size())),
                 "older checkpoint", {}, "two histories");
  one.server_batch(1);
  expect_finding(audit(one.files(), first, other.checkpoint(other.records.size())),
                 "older checkpoint", {}, "two histories");
}

TEST(Attack, AnotherLogUnderTheSameNameIsRefused) {
  const LogBuilder log = good_log();
  const SigningKey other = SigningKey::make(log.origin, "another first key");
  expect_finding(audit(log.files(), other.verifier), "keys", {}, "another key");
}

TEST(Attack, ARecordZeroThatIsNotTheFirstKeyIsRefused) {
  LogBuilder log = good_log();
  std::swap(log.records[0], log.records[1]);
  log.key_events[0] = 1;
  expect_finding(audit(log), "keys", {}, "record 0");
}

}  // namespace
}  // namespace varve::verify
