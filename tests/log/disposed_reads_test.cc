// Reads of a month that was disposed of, while the token is slow, away, or answers whatever it
// likes: only what it settles is an answer, and nothing else is remembered.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "ledger/recovery/recovery.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/scrub.h"
#include "tests/log/two_months.h"
#include "tests/store/patient_vault.h"

namespace varve {
namespace {

using testing::events;
using testing::kJanuaryKey;
using testing::PatientVault;

class DisposedReads : public testing::TwoMonths {
 protected:
  void SetUp() override {
    TwoMonths::SetUp();
    keep_remains();
    world_.other_vault = &vault_;
  }
  void TearDown() override { world_.log.reset(); }  // before its vault

  /// The first record of each segment of January.
  std::vector<LeafIndex> first_records() {
    std::vector<LeafIndex> firsts;
    const auto segments = store::segments_of_month(*world_.files, 202'601);
    for (const store::SegmentHeader& header : *segments) firsts.push_back(header.first);
    return firsts;
  }

  PatientVault vault_;
};

// The answers of a token, each code there is, to the first read of a segment; then the token
// recovers.
TEST_F(DisposedReads, AreAnsweredByWhatTheTokenSettlesAndByNothingElse) {
  for (const bool destroyed : {false, true})
    for (const Code code : testing::kCodes) {
      SCOPED_TRACE(static_cast<int>(code) + (destroyed ? 100 : 0));
      vault_.destroyed.clear();
      if (destroyed) vault_.destroyed.insert(kJanuaryKey);
      ASSERT_TRUE(world_.open());
      vault_.fails = code;
      const bool settled = code == Code::kNotFound || code == Code::kCorrupt;
      const auto read = world_.log->records(first_event(), 1);
      ASSERT_EQ(read.has_value(), settled);
      if (read) {
        EXPECT_TRUE(format::is_tombstone(read->front()));
      } else {
        EXPECT_EQ(read.error().code, code);
      }
      vault_.fails.reset();
      const auto again = world_.log->records(first_event(), 1);
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(format::is_tombstone(again->front()), destroyed || settled);
      if (!destroyed && !settled) {
        EXPECT_EQ(again->front(), records_[first_event().value]);
      }
      world_.log.reset();
    }
}

// Of a segment without remains nothing takes the place of a key: what the token says is why.
TEST_F(DisposedReads, WithoutRemainsAreNeverAnsweredWithNotFound) {
  std::filesystem::remove_all(world_.directory + "/remains");
  for (const Code code : testing::kCodes) {
    SCOPED_TRACE(static_cast<int>(code));
    ASSERT_TRUE(world_.open());
    vault_.fails = code;
    const auto read = world_.log->records(first_event(), 1);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, code == Code::kNotFound ? Code::kIo : code);
    vault_.fails.reset();
    const auto again = world_.log->records(first_event(), 1);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->front(), records_[first_event().value]);
    world_.log.reset();
  }
}

// One reader waits for the token, the other gets kBusy, and finds the tombstone then:
// the first read of each pair of segments.
TEST_F(DisposedReads, SideBySideAreRightForBoth) {
  vault_.destroyed.insert(kJanuaryKey);
  const auto firsts = first_records();
  for (std::size_t a = 0; a < firsts.size(); ++a)
    for (std::size_t b = 0; b < firsts.size(); ++b) {
      if (a == b) continue;
      SCOPED_TRACE(std::to_string(a) + " beside " + std::to_string(b));
      ASSERT_TRUE(world_.open());
      const int asked = vault_.asked();
      vault_.hold();
      std::thread other(
          [&] { EXPECT_TRUE(world_.log->records(LeafIndex{firsts[a].value + 3}, 1)); });
      vault_.wait_until_asked(asked + 1);
      const LeafIndex mine{firsts[b].value + 3};
      const auto refused = world_.log->records(mine, 1);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, Code::kBusy);
      vault_.let_go();
      other.join();
      auto read = world_.log->records(mine, 1);
      while (!read && read.error().code == Code::kBusy) read = world_.log->records(mine, 1);
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_TRUE(format::is_tombstone(read->front()));
      world_.log.reset();
    }
}

TEST_F(DisposedReads, ByManyAtOnceAreAllRightFromTheFirstOn) {
  vault_.destroyed.insert(kJanuaryKey);
  ASSERT_TRUE(world_.open());
  std::vector<std::thread> readers;
  for (std::uint64_t t = 0; t < 4; ++t)
    readers.emplace_back([&, t] {
      for (std::uint64_t k = 0; k < records_.size(); ++k) {
        const LeafIndex i{(k * 13 + t * 71) % records_.size()};
        auto read = world_.log->records(i, 1);
        while (!read && read.error().code == Code::kBusy) read = world_.log->records(i, 1);
        ASSERT_TRUE(read) << i.value << ": " << read.error().message;
        const format::Kind kind = format::decode_record(records_[i.value])->kind;
        const bool goes = format::row_of(kind).fate == format::Fate::kGoes;
        ASSERT_EQ(format::is_tombstone(read->front()), goes && contains(january_, i)) << i.value;
      }
    });
  for (std::thread& reader : readers) reader.join();
}

// An earlier server made a second key for a month that it had lost: it is under the same label, and
// unwraps nothing of old.
TEST_F(DisposedReads, OfAMonthWhoseKeyWasMadeAnewGiveTombstonesAndNoDamage) {
  vault_.states[kJanuaryKey] = PatientVault::State::kExchanged;
  ASSERT_TRUE(world_.open());
  expect_readable_but_for_january();
  world_.log.reset();
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  EXPECT_EQ(report->unreadable_records, testing::kGoneWithJanuary);
  {
    const auto recovered = recovery::recover(world_.options, world_.environment());
    ASSERT_TRUE(recovered) << recovered.error().message;
    const auto scrubbed =
        upkeep::scrub_segment(0, *recovered->storage, vault_, recovered->start.state.keys(),
                              [](std::uint64_t) { return true; });
    ASSERT_TRUE(scrubbed) << scrubbed.error().message;
    EXPECT_TRUE(scrubbed->findings.empty());
    EXPECT_GT(scrubbed->destroyed, 0U);
  }
  remove_derived();
  const auto opened = world_.open();
  ASSERT_TRUE(opened) << opened.error().message;
  expect_readable_but_for_january();
}

// An audit, a scrub and a start without derived files say of a token that does not answer what it
// answered, and never that the store is damaged.
TEST_F(DisposedReads, ATokenThatDoesNotAnswerIsNoDamage) {
  for (const Code code : testing::kCodes) {
    if (code == Code::kNotFound || code == Code::kCorrupt) continue;
    SCOPED_TRACE(static_cast<int>(code));
    vault_.fails = code;
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, code);
    {
      const auto recovered = recovery::recover(world_.options, world_.environment());
      ASSERT_TRUE(recovered) << recovered.error().message;
      const auto scrubbed =
          upkeep::scrub_segment(0, *recovered->storage, vault_, recovered->start.state.keys(),
                                [](std::uint64_t) { return true; });
      ASSERT_FALSE(scrubbed);
      EXPECT_EQ(scrubbed.error().code, Code::kBusy);
    }
    remove_derived();
    EXPECT_EQ(world_.open().error().code, code);
    vault_.fails.reset();
    ASSERT_TRUE(world_.open()) << "and then it starts";
    world_.log.reset();
  }
}

// What is missing of a record that a checkpoint covers is damage: "not found" would deny the
// record.
TEST_F(DisposedReads, OfASegmentFileThatIsGoneSayThatItIsGone) {
  const LeafIndex first = first_records()[1];
  ASSERT_TRUE(world_.open());
  const std::string unlock = "chattr -R -f -i " + world_.directory + " 2>/dev/null; true";
  ASSERT_EQ(std::system(unlock.c_str()), 0);
  std::filesystem::remove(world_.directory + "/" + store::segment_path(1));
  const auto read = world_.log->records(first, 1);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kCorrupt) << read.error().message;
}

}  // namespace
}  // namespace varve
