// What a server, or whoever hands on evidence, may try: each lie is refused and named.
#include <gtest/gtest.h>

#include "ledger/format/disposal.h"
#include "tests/evidence/indexed_log.h"

namespace varve::evidence {
namespace {

using format::AnswerEvidence;

/// Two indexes: a, b and c in the first, a in the second.
struct EvidenceLies : ::testing::Test {
  IndexedLog log;
  std::uint64_t first = log.event(payload_of({"a"}));
  std::uint64_t other = log.event(payload_of({"b"}));
  std::uint64_t unclear = log.event(payload_of({}));
  std::uint64_t last = 0;
  AnswerEvidence good;

  EvidenceLies() {
    log.event(payload_of({"c"}));
    log.commit();
    last = log.event(payload_of({"a"}));
    log.commit();
    good = log.answer(asked("patient", {"Patient/a"})).value();
  }
  void expect_refused(const AnswerEvidence& lie, const std::string& why) const {
    const auto verdict = log.verify(lie);
    ASSERT_FALSE(verdict) << why;
    EXPECT_NE(verdict.error().message.find(why), std::string::npos) << verdict.error().message;
  }
  /// With a proof that is true of whatever records are there.
  [[nodiscard]] AnswerEvidence proven_again(AnswerEvidence lie) const {
    std::vector<LeafIndex> which;
    for (const auto* entry : format::records_of(lie)) which.push_back(entry->index);
    std::ranges::sort(which);
    which.erase(std::ranges::unique(which).begin(), which.end());
    const std::size_t size = log.log.records.size();
    lie.proof =
        merkle::prove_leaves(which, TreeSize{size}, verify::LeafReader(log.log, size)).value();
    return lie;
  }
  [[nodiscard]] AnswerEvidence::Entry entry(std::uint64_t index) const {
    return {LeafIndex{index}, log.log.records[index]};
  }
};

TEST_F(EvidenceLies, TheTruthIsTaken) {
  const auto proven = log.verify(good);
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_EQ(proven->events.size(), 2U);
  EXPECT_EQ(proven->may_answer, std::vector{unclear});
}

// Whatever the events say that were read: another may say it.
TEST(EvidenceOfManyEvents, SaysThatARecordMayAnswerOfWhichOneWasNotRead) {
  for (const std::size_t events : {events::kEventsMax, events::kEventsMax + 1}) {
    std::string lines;
    for (std::size_t k = 0; k < events; ++k)
      lines.append("type=LOGIN msg=audit(1700000000.001:" + std::to_string(k) + "): auid=7\n");
    IndexedLog log;
    const std::uint64_t record = log.event(lines);
    log.commit();
    for (const char* actor : {"auid=7", "auid=8"}) {
      const auto proven = log.verify(log.answer(asked("actor", {actor})).value());
      ASSERT_TRUE(proven) << proven.error().message;
      EXPECT_EQ(!proven->events.empty(), std::string(actor) == "auid=7");
      EXPECT_EQ(proven->may_answer.size(), events - events::kEventsMax) << record;
    }
  }
}

TEST_F(EvidenceLies, AHitThatIsLeftOutIsMissed) {
  AnswerEvidence lie = good;
  lie.events.erase(lie.events.begin());
  expect_refused(proven_again(lie), "record " + std::to_string(first) + " answers, says an index");
}

TEST_F(EvidenceLies, AnEventThatIsAddedIsInNoRow) {
  AnswerEvidence lie = good;
  lie.events.insert(lie.events.begin() + 1, entry(other));
  expect_refused(proven_again(lie), "in no row of an index");
}

TEST_F(EvidenceLies, AnotherRecordInTheHitsPlaceIsNotTheLogs) {
  AnswerEvidence lie = good;
  lie.events.front().record = log.log.records[last];
  expect_refused(lie, "not proven to be in the log");
}

TEST_F(EvidenceLies, ARowWithOtherRecordsIsNotTheIndexs) {
  AnswerEvidence lie = good;
  lie.indexes[0].rows[0].there->records = {other};
  lie.events.front() = entry(other);
  expect_refused(proven_again(lie), "a row is not the index's");
}

TEST_F(EvidenceLies, TheRowOfAnotherTermIsNotTheTerms) {
  AnswerEvidence lie = good;
  const AnswerEvidence of_b = log.answer(asked("patient", {"Patient/b"})).value();
  lie.indexes[0].rows[0] = of_b.indexes[0].rows[0];
  lie.events.front() = entry(other);
  expect_refused(proven_again(lie), "of another term");
}

TEST_F(EvidenceLies, TheAbsenceOfAnotherTermIsNotTheTerms) {
  AnswerEvidence lie = good;
  const AnswerEvidence of_z = log.answer(asked("patient", {"Patient/z"})).value();
  lie.indexes[0].rows[0] = of_z.indexes[0].rows[0];
  lie.events.erase(lie.events.begin());
  expect_refused(proven_again(lie), "of another term");
}

// With the term's own proof, beside whichever rows are the index's.
TEST_F(EvidenceLies, WrongNeighboursLeaveRoomForTheRow) {
  const format::ShownRow row = good.indexes[0].rows[0];
  AnswerEvidence lie = good;
  lie.events.erase(lie.events.begin());
  unsigned tried = 0;
  for (unsigned k = 0; k < 40; ++k) {
    const AnswerEvidence absent =
        log.answer(asked("patient", {"Patient/z" + std::to_string(k)})).value();
    lie.indexes[0].rows[0] = absent.indexes[0].rows[0];
    lie.indexes[0].rows[0].term = row.term;
    expect_refused(proven_again(lie), "leave room for it");
    ++tried;
  }
  EXPECT_EQ(tried, 40U);
}

TEST_F(EvidenceLies, ThatBothNeighboursAreOneIsRefused) {
  AnswerEvidence lie = good;
  format::ShownRow& row = lie.indexes[0].rows[0];
  row.there.reset();
  expect_refused(lie, "none of the index's");
}

TEST_F(EvidenceLies, AnIndexThatIsLeftOutIsMissed) {
  AnswerEvidence lie = good;
  lie.indexes.erase(lie.indexes.begin());
  lie.events.erase(lie.events.begin());
  expect_refused(proven_again(lie), "one is left out");
  lie.indexes.clear();
  lie.events.clear();
  EXPECT_FALSE(log.verify(lie));
}

// The newest may be left out: then less is complete, and that is said.
TEST_F(EvidenceLies, WithoutTheLastIndexItIsCompleteForLess) {
  AnswerEvidence less = good;
  less.indexes.pop_back();
  less.events.pop_back();
  const auto proven = log.verify(proven_again(less));
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_LT(proven->complete.back().end, log.verify(good)->complete.back().end);
}

TEST_F(EvidenceLies, AnIndexIsNotOutsideOfAPeriodThatItsTimesAreIn) {
  AnswerEvidence lie = good;
  lie.indexes[0].opened = AnswerEvidence::Opened::kOutside;
  lie.indexes[0].rows.clear();
  lie.events.erase(lie.events.begin());
  expect_refused(proven_again(lie), "it is left out, though its events may be from the period");
}

// Without a record that disposes of its month, none is gone.
TEST_F(EvidenceLies, AnIndexIsNotGoneByAnotherRecordThanADisposalOfItsMonth) {
  const std::size_t begin = log.log.records.size();
  const auto disposal = [&](std::uint32_t month, std::uint64_t end, const std::string& origin) {
    return format::disposal_text(
        {origin, {}, {}, {{month, LeafIndex{0}, LeafIndex{end}}}, {}, true}, format::Mode::kLocked);
  };
  const std::string& origin = log.log.origin;
  log.log.control(format::Kind::kDisposal, disposal(IndexedLog::kMonth + 1, begin, origin));
  log.log.control(format::Kind::kDisposal, disposal(IndexedLog::kMonth, 1, origin));
  log.log.control(format::Kind::kDisposal, disposal(IndexedLog::kMonth, begin, "another.example"));
  log.log.control(format::Kind::kDisposal, disposal(IndexedLog::kMonth, begin, origin));
  AnswerEvidence lie = good;
  lie.checkpoint = log.log.checkpoint(log.log.records.size());
  lie.indexes[0].opened = AnswerEvidence::Opened::kGone;
  lie.indexes[0].rows.clear();
  lie.events.erase(lie.events.begin());
  for (const std::uint64_t index : {first, begin, begin + 1, begin + 2}) {
    lie.indexes[0].disposal = entry(index);
    expect_refused(proven_again(lie), "does not dispose of its month");
  }
  lie.indexes[0].disposal = entry(begin + 3);
  const auto proven = log.verify(proven_again(lie));
  ASSERT_TRUE(proven) << proven.error().message;
  ASSERT_EQ(proven->gone.size(), 1U);
  EXPECT_EQ(proven->gone.front().disposal.value, begin + 3);
  EXPECT_EQ(proven->complete.front().first, proven->gone.front().records.end);
}

// Each of these the log would have refused, and whoever hands on evidence may try.
TEST_F(EvidenceLies, WhatIsNoIndexInItsPlaceIsRefused) {
  const format::IndexCommitment second =
      format::parse_index_commitment(
          text_of(format::decode_record(good.indexes[1].commitment.record)->payload))
          .value();
  std::vector<std::pair<std::string, format::IndexCommitment>> lies(3, {"", second});
  lies[0] = {"begins before the one before it ends", second}, --lies[0].second.first.value;
  lies[1] = {"records that come after it", second};
  lies[1].second.end.value = log.log.records.size() + 9;
  lies[2] = {"it is of the log", second}, lies[2].second.origin = "another.example";
  for (const auto& [why, says] : lies) {
    log.log.control(format::Kind::kIndexCommitment, format::index_commitment_text(says));
    AnswerEvidence lie = good;
    lie.indexes[1].commitment = entry(log.log.records.size() - 1);
    lie.checkpoint = log.log.checkpoint(log.log.records.size());
    expect_refused(proven_again(lie), why);
  }
  AnswerEvidence lie = good;
  lie.indexes[1].commitment = entry(first);
  lie.events.front() = entry(first);
  EXPECT_FALSE(log.verify(proven_again(lie)));
}

// At neither end of the index is there room that its rows do not leave.
TEST_F(EvidenceLies, ARowThatIsThereIsNotAbsentBesideTheFirstOrTheLastRow) {
  bool at_start = false;
  bool at_end = false;
  for (unsigned k = 0; !(at_start && at_end) && k < 400; ++k) {
    const AnswerEvidence absent =
        log.answer(asked("patient", {"Patient/y" + std::to_string(k)})).value();
    for (const std::size_t i : {0u, 1u}) {
      format::ShownRow shown = absent.indexes[i].rows[0];
      if (shown.neighbours.size() != 1) continue;
      (shown.place == 0 ? at_start : at_end) = true;
      shown.term = good.indexes[i].rows[0].term;
      AnswerEvidence lie = good;
      lie.indexes[i].rows[0] = shown;
      lie.events.erase(lie.events.begin() + static_cast<std::ptrdiff_t>(i));
      expect_refused(proven_again(lie), "leave room for it");
    }
  }
  EXPECT_TRUE(at_start && at_end);
}

// An index that names a record which does not say so: whoever verifies sees the record.
TEST_F(EvidenceLies, ARecordThatTheIndexAddsIsSeenNotToSaySo) {
  const std::uint64_t innocent = log.event(payload_of({"b"}));
  std::vector<Buffer> other_records = log.log.records;
  other_records[innocent] = log.log.records[first];
  index::Index lying = log.made_of(other_records);
  log.commit(lying.commitment());
  AnswerEvidence lie = good;
  lie.checkpoint = log.log.checkpoint(log.log.records.size());
  const auto terms = index::asked_terms({log.log.origin, 2}, "patient", {"Patient/a"});
  AnswerEvidence::Index shown{
      entry(log.log.records.size() - 1), AnswerEvidence::Opened::kShown, {}};
  for (const auto& term : terms.values) shown.rows.push_back(lying.show(term));
  shown.rows.push_back(lying.show(*terms.unclear));
  lie.indexes.push_back(shown);
  lie.events.push_back(entry(innocent));
  expect_refused(proven_again(lie), "does not say what the row of the index is of");
}

// Whoever gives the records a second time may give others.
TEST_F(EvidenceLies, RecordsThatWereOthersWhenTheyWereAuditedAreNoIndexs) {
  const rules::Retention retention = log.retention();
  const std::string note = log.log.checkpoint(log.log.records.size());
  const auto in = verify::verify_checkpoint(note, {log.log.origin, log.log.first.verifier, {}, {}});
  const SeenIndexes seen = log.seen();
  const std::size_t size = log.log.records.size();
  log.log.records[first] = log.log.records[other];
  verify::MemorySource doctored(log.log.files());
  const format::SignedCheckpoint signed_in{in->checkpoint, note};
  const auto made =
      make_evidence(asked("patient", {"Patient/a"}), {seen, retention, signed_in, doctored});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("other records than it gave before"), std::string::npos)
      << made.error().message << size;
}

TEST_F(EvidenceLies, RowsThatAreNotShownAreMissed) {
  AnswerEvidence lie = good;
  lie.indexes[0].rows.pop_back();  // of those where the field is unclear
  expect_refused(lie, "1 rows, and 2 are asked for");
}

TEST_F(EvidenceLies, AnotherLogsEvidenceIsRefused) {
  const auto verdict = verify_evidence(format::format_evidence(good),
                                       {"audit.example.org/other", log.log.first.verifier, {}, {}});
  EXPECT_FALSE(verdict);
}

// Neither called a lie by whoever makes it again, nor verified.
TEST_F(EvidenceLies, AnIndexOfAnotherVersionOfTheRulesIsNotJudged) {
  log.event(payload_of({"a"}));
  format::IndexCommitment says = log.made().commitment();
  ++says.extractor;
  log.commit(says);
  const auto made = log.answer(asked("patient", {"Patient/a"}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::kNotFound) << made.error().message;
  AnswerEvidence newer = good;
  newer.indexes.push_back(
      {entry(log.log.records.size() - 1), AnswerEvidence::Opened::kShown, good.indexes[0].rows});
  newer.checkpoint = log.log.checkpoint(log.log.records.size());
  const auto verdict = log.verify(proven_again(newer));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, Code::kNotFound) << verdict.error().message;
}

// What the server committed to is another index than its records make: evidence would verify, and whoever
// makes the index again names it.
TEST_F(EvidenceLies, AnIndexThatLeavesAnEventOutIsNamedByWhoeverMakesItAgain) {
  const std::uint64_t hidden = log.event(payload_of({"a"}));
  log.event(payload_of({"b"}));
  std::vector<Buffer> without = log.log.records;
  without[hidden] = log.log.records[other];
  log.commit(log.made_of(without).commitment());
  const auto made = log.answer(asked("patient", {"Patient/a"}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::kCorrupt);
  EXPECT_NE(made.error().message.find("index 2, record "), std::string::npos)
      << made.error().message;
}

// Each line taken out, there twice, or with another character in its middle. A signature may be there twice.
TEST_F(EvidenceLies, NoLineCanBeChanged) {
  const std::string text = format::format_evidence(good);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  const auto joined = [](const std::vector<std::string>& of) {
    std::string out;
    for (const std::string& line : of) out += line;
    return out;
  };
  ASSERT_EQ(joined(lines), text);
  ASSERT_TRUE(log.verify(text));
  for (std::size_t k = 0; k < lines.size(); ++k) {
    std::vector<std::string> changed = lines;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(k));
    EXPECT_FALSE(log.verify(joined(changed))) << "without " << lines[k];
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(k), 2, lines[k]);
    EXPECT_EQ(log.verify(joined(changed)).has_value(), k + 1 == lines.size()) << lines[k];
    changed = lines;
    char& c = changed[k][changed[k].size() / 2];
    c = c == 'A' ? 'B' : 'A';
    EXPECT_FALSE(log.verify(joined(changed))) << "changed " << changed[k];
  }
}

}  // namespace
}  // namespace varve::evidence
