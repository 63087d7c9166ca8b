// What a server, or whoever hands on evidence, may try: each lie is refused and named.
#include <gtest/gtest.h>

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
    for (const auto& index : lie.indexes) which.push_back(index.commitment.index);
    for (const auto& event : lie.events) which.push_back(event.index);
    std::ranges::sort(which);
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
  EXPECT_LT(proven->end, log.verify(good)->end);
}

TEST_F(EvidenceLies, AnIndexIsNotOutsideOfAPeriodThatItsTimesAreIn) {
  AnswerEvidence lie = good;
  lie.indexes[0].opened = AnswerEvidence::Opened::kOutside;
  lie.indexes[0].rows.clear();
  lie.events.erase(lie.events.begin());
  expect_refused(proven_again(lie), "it is left out, though its events may be from the period");
}

TEST_F(EvidenceLies, AnIndexThatIsCalledGoneIsSaidToBe) {
  AnswerEvidence lie = good;
  lie.indexes[0].opened = AnswerEvidence::Opened::kGone;
  lie.indexes[0].rows.clear();
  lie.events.erase(lie.events.begin());
  const auto proven = log.verify(proven_again(lie));
  ASSERT_TRUE(proven) << proven.error().message;
  ASSERT_EQ(proven->gone.size(), 1U);
  EXPECT_EQ(proven->gone.front().first.value, 0U);
}

TEST_F(EvidenceLies, RowsThatAreNotShownAreMissed) {
  AnswerEvidence lie = good;
  lie.indexes[0].rows.pop_back();  // of those where the field is unclear
  expect_refused(lie, "1 rows, and 2 are asked for");
}

TEST_F(EvidenceLies, AnotherLogsEvidenceIsRefused) {
  const auto verdict =
      verify_evidence(format::format_evidence(good), {"audit.example.org/other",
                                                       log.log.first.verifier, {}, {}});
  EXPECT_FALSE(verdict);
}

TEST_F(EvidenceLies, AnIndexOfAnotherVersionOfTheRulesIsNotJudged) {
  format::IndexCommitment says = log.made_of([&] {
    log.event(payload_of({"a"}));
    return log.log.records;
  }()).commitment();
  ++says.extractor;
  log.commit(says);
  AnswerEvidence newer = good;
  newer.indexes.push_back({entry(log.log.records.size() - 1), AnswerEvidence::Opened::kGone, {}});
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
