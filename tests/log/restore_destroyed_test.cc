// A mirror that was made after a month had been destroyed: the log that is restored from it has the
// same gap and proves everything else, and nobody can widen the gap.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "ledger/base/month.h"
#include "ledger/format/tombstone.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/restoring.h"
#include "tests/store/patient_vault.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::mirror_to;
using testing::put;
using testing::Restoring;
using testing::World;

/// The mirror was made after January's key had been destroyed.
class RestoringWhatWasDestroyed : public Restoring {
 protected:
  void SetUp() override {
    lost_.clock = &clock_;
    fresh_.clock = &clock_;
    clock_.now = 1'767'300'000'000'000;  // 2026-01-01
    ASSERT_TRUE(lost_.open());
    source_.emplace(lost_.registered("ward-3"));
    for (int k = 0; k < 12; ++k) append_both();
    january_ = lost_.log->latest()->checkpoint.size;
    ASSERT_TRUE(lost_.reopen());         // seals the segment
    clock_.now = 1'770'000'000'000'000;  // 2026-02-02
    for (int k = 0; k < february_; ++k) append_both();
    note_ = lost_.log->latest()->note;
    for (std::uint64_t i = 0; i < lost_.log->latest()->checkpoint.size.value; ++i)
      leaves_.push_back(*lost_.log->node({0, i}));
    lost_.log.reset();
    destroy_january();
    ASSERT_TRUE(lost_.open());
    for (std::uint64_t i = 0; i < leaves_.size(); ++i)
      entries_.push_back(lost_.log->records(LeafIndex{i}, 1)->front());
    mirror_to(mirror_, *lost_.log);
    lose();
    clock_.now = kRestored;
    disposals_.named = {"2026-01"};
  }
  void TearDown() override {  // before the clock
    lost_.log.reset();
    fresh_.log.reset();
  }
  void append_both() {
    ASSERT_TRUE(lost_.append(source_->seal(events(9))));
    ASSERT_TRUE(lost_.append_events(events(5)));
  }
  void destroy_january() {
    store::DataKeys keys(*lost_.files, lost_.vault, env::system_random(), "varve/test");
    const auto segments = *store::segments_of_month(*lost_.files, 202'601);
    ASSERT_GE(segments.size(), 2U);
    for (const store::SegmentHeader& header : segments)
      ASSERT_TRUE(store::write_remains(*lost_.files, header, *keys.get(header), kDestroyedAt));
    lost_.vault.destroyed.insert("varve/test/2026-01");
  }
  [[nodiscard]] Result<upkeep::AuditReport> audited() {
    return testing::audit_store(fresh_.options, fresh_.environment());
  }

  /// The mirror's one file of entries, its tombstones changed.
  void change_tombstones(const std::function<void(std::size_t, format::Tombstone&)>& change) {
    for (std::uint64_t tile = 0; tile * merkle::kTileWidth < entries_.size(); ++tile) {
      const merkle::TileId id{0, tile, merkle::tile_width(0, tile, TreeSize{entries_.size()})};
      Buffer bundle;
      for (std::uint64_t k = 0; k < id.width; ++k) {
        const std::uint64_t index = tile * merkle::kTileWidth + k;
        Buffer entry = entries_[index];
        if (format::is_tombstone(entry)) {
          format::Tombstone tombstone = *format::decode_tombstone(entry);
          change(index, tombstone);
          entry = format::encode_tombstone(tombstone);
        }
        format::append_to_bundle(bundle, entry);
      }
      put(mirror_ + "/tile/entries/" + merkle::bundle_path(id), bundle);
    }
  }

  static constexpr std::uint64_t kDestroyedAt = 1'780'000'000'000'000;  // 2026-05-28
  static constexpr std::uint64_t kRestored = 1'795'000'000'000'000;     // 2026-11-18
  static constexpr std::uint64_t kDestroyed = 12 * 14 + 1;  // events in January, and its secret
  int february_ = 6;                                        // batches of each kind
  testing::SetClock clock_;
  TreeSize january_;
  std::vector<Hash> leaves_;
  std::vector<Buffer> entries_;  // as the log gives them
};

TEST_F(RestoringWhatWasDestroyed, TheSameLogGoesOnWithTheSameGap) {
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->destroyed, (std::map<std::string, std::uint64_t>{{"2026-01", kDestroyed}}));
  for (const bool anew : {false, true}) {
    if (anew)
      for (const char* derived : {"/tree", "/leaves", "/appends", "/catalogue"})
        fs::remove_all(fresh_.directory + derived);
    ASSERT_TRUE(fresh_.open());
    EXPECT_EQ(fresh_.log->latest()->note, note_);
    std::uint64_t gone = 0;
    for (std::uint64_t i = 0; i < leaves_.size(); ++i) {
      SCOPED_TRACE(i);
      EXPECT_EQ(*fresh_.log->node({0, i}), leaves_[i]);
      EXPECT_EQ(*fresh_.log->find_leaf(leaves_[i]), LeafIndex{i});
      const Buffer entry = fresh_.log->records(LeafIndex{i}, 1)->front();
      if (!format::is_tombstone(entry)) {
        ASSERT_EQ(entry, entries_[i]);
        continue;
      }
      const auto tombstone = format::decode_tombstone(entry);
      EXPECT_EQ(tombstone->leaf, leaves_[i]);
      EXPECT_EQ(tombstone->month, 202'601U);
      EXPECT_EQ(tombstone->destroyed_us, kDestroyedAt);
      ++gone;
    }
    EXPECT_EQ(gone, kDestroyed);
    fresh_.log.reset();
  }
  ASSERT_TRUE(fresh_.open());
  EXPECT_TRUE(fresh_.append(source_->seal(events(2))));
  EXPECT_TRUE(fresh_.append_events(events(2)));
  fresh_.log.reset();
  const auto audit = audited();
  ASSERT_TRUE(audit) << audit.error().message;
  for (const auto& finding : audit->findings) ADD_FAILURE() << finding.where << finding.what;
  EXPECT_EQ(audit->unreadable_records, kDestroyed);
}

// Neither for its control records, which stay, nor for what follows it.
TEST_F(RestoringWhatWasDestroyed, MakesNoKeyOfItsMonthAndOneOfEachMonthThatIsThere) {
  testing::PatientVault vault;
  fresh_.other_vault = &vault;
  ASSERT_TRUE(restore());
  EXPECT_EQ(vault.wrapped, (std::set<std::string>{"varve/test/2026-02"}));
  EXPECT_GE(store::segments_of_month(*fresh_.files, 202'601)->size(), 2U);
  EXPECT_FALSE(store::segments_of_month(*fresh_.files, 202'602)->empty());
  const auto segments = store::all_segments(*fresh_.files);
  EXPECT_TRUE(std::ranges::is_sorted(*segments, {}, &store::SegmentHeader::month));
}

// The month is over for the log, whatever the clock here says. But the key went, by the clock of its
// time, behind the log's newest record: a clock that is back is set right first.
TEST_F(RestoringWhatWasDestroyed, ByAClockThatIsBackIsRefused) {
  clock_.now = 1'767'300'000'000'000;  // 2026-01-01
  expect_refused(Code::kCorrupt, "is still to come: this machine's clock says 2026-01-01");
}

TEST_F(RestoringWhatWasDestroyed, AMirrorOfWhatWasRestoredIsRestoredAgain) {
  ASSERT_TRUE(restore());
  ASSERT_TRUE(fresh_.open());
  mirror_to(mirror_, *fresh_.log);
  fresh_.log.reset();
  World second;
  second.first_key = lost_.first_key;
  second.options = lost_.options;
  second.clock = &clock_;
  second.signer.add(lost_.first_key);
  second.marks = mark_.get();
  const auto report = restore_to(second);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->destroyed.at("2026-01"), kDestroyed);
  ASSERT_TRUE(second.open());
  EXPECT_EQ(second.log->latest()->note, note_);
}

// A tombstone says what the tree holds, of an event, under the seal of its batch: else it is no
// tombstone.
TEST_F(RestoringWhatWasDestroyed, TombstonesThatAreNotTrueAreRefused) {
  const auto nothing = [](std::size_t, format::Tombstone&) {};
  change_tombstones([](std::size_t index, format::Tombstone& tombstone) {
    if (index > 20) tombstone.leaf.bytes[0] ^= std::byte{1};
  });
  expect_refused(Code::kCorrupt, "not that of its events");
  change_tombstones(
      [](std::size_t index, format::Tombstone& tombstone) { tombstone.segment += index; });
  expect_refused(Code::kCorrupt, "of another segment or time");
  const auto bury = [this](std::size_t index, std::uint32_t month) {
    entries_[index] = format::encode_tombstone({month, 0, kDestroyedAt, leaves_[index]});
  };
  const std::vector<Buffer> good = entries_;
  // The last seal, so that nothing says whose the events before it are.
  bury(entries_.size() - 1, 202'602);
  change_tombstones(nothing);
  expect_refused(Code::kCorrupt, "stands inside a batch");
  entries_ = good;
  bury(1, 202'601);  // the policy
  change_tombstones(nothing);
  expect_refused(Code::kCorrupt, "record ");
  entries_ = good;
  change_tombstones(nothing);
  EXPECT_TRUE(restore());
}

// The mirror says it, or the server that it was made from: who restores has to say it too.
TEST_F(RestoringWhatWasDestroyed, MonthsThatNobodyNamedAreRefusedAndAllOfThemAreTold) {
  disposals_.named = {"2026-02", "2025-12"};
  expect_refused(Code::kInvalid,
                 "say so: --destroyed 2026-01 (" + std::to_string(kDestroyed) + " events)");
  disposals_.named.insert("2026-01");
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->destroyed, (std::map<std::string, std::uint64_t>{
                                   {"2025-12", 0}, {"2026-01", kDestroyed}, {"2026-02", 0}}));
}

// Whoever alters the mirror alone can hide nothing whose key is there, named or not.
TEST_F(RestoringWhatWasDestroyed, MonthsWhoseKeyATokenHasAreRefused) {
  keys_[{202'601}] = {"varve/test/2026-01.2"};
  expect_refused(Code::kCorrupt, "a token has that month's key varve/test/2026-01.2");
  keys_.clear();
  EXPECT_TRUE(restore());
}

TEST_F(RestoringWhatWasDestroyed, ATokenThatDoesNotAnswerAllowsNothing) {
  disposals_.keys = [](KeyPeriod) { return Result<std::vector<std::string>>(busy("gone")); };
  expect_refused(Code::kBusy, "gone");
}

// Of a draft log it would be the number of a key period.
TEST_F(RestoringWhatWasDestroyed, AMonthThatIsMisspeltIsRefused) {
  disposals_.named.insert("202601");
  expect_refused(Code::kInvalid, "reading --destroyed 202601");
  disposals_.named.erase("202601");
  EXPECT_TRUE(restore());
}

// By the clock of the restore and by the times of the records around them.
TEST_F(RestoringWhatWasDestroyed, MonthsThatCannotHaveBeenDestroyedAreRefused) {
  const auto say = [this](std::uint32_t month, std::uint64_t destroyed_us) {
    disposals_.named = {month_text(month)};
    change_tombstones([&](std::size_t, format::Tombstone& tombstone) {
      tombstone.month = month;
      tombstone.destroyed_us = destroyed_us;
    });
  };
  say(0, kDestroyedAt);
  expect_refused(Code::kCorrupt, "there is none such");
  say(202'602, kDestroyedAt);
  expect_refused(Code::kCorrupt, "2026-02 is not over: the log's own clock says 2026-02-02");
  say(202'601, 7);
  expect_refused(Code::kCorrupt, "before the month was over");
  say(202'601, kRestored + 86'400'000'000);
  expect_refused(Code::kCorrupt, "still to come");
  say(197'001, kDestroyedAt);
  expect_refused(Code::kCorrupt, "the clock record before it is of 2026-01");
  say(202'601, kDestroyedAt);
  EXPECT_TRUE(restore());
}

TEST_F(RestoringWhatWasDestroyed, DamagedRemainsOfItAreFound) {
  ASSERT_TRUE(restore());
  const auto names = *fresh_.files->list("remains");
  ASSERT_FALSE(names.empty());
  const std::string path = fresh_.directory + "/remains/" + names.front();
  std::string bytes = bytes_in(path);
  bytes[60] = static_cast<char>(bytes[60] ^ 1);
  put(path, bytes_of(bytes));
  const auto audit = audited();
  ASSERT_TRUE(audit);
  ASSERT_FALSE(audit->findings.empty());
  EXPECT_NE(audit->findings.front().what.find("remains/" + names.front()), std::string::npos);
}

/// All of the log was destroyed but its seals and control records: the mirror ends with them.
class RestoringAllDestroyed : public RestoringWhatWasDestroyed {
 protected:
  RestoringAllDestroyed() { february_ = 0; }
};

// The log's own clock is still in the month: nobody was allowed to destroy its key.
TEST_F(RestoringAllDestroyed, IsRefused) {
  expect_refused(Code::kCorrupt, "2026-01 is not over: the log's own clock says 2026-01-01");
}

TEST_F(RestoringAllDestroyed, AMirrorThatEndsWithinABatchIsRefused) {
  const format::Tombstone before = *format::decode_tombstone(entries_[entries_.size() - 2]);
  format::Tombstone last = before;
  last.leaf = leaves_.back();
  entries_.back() = format::encode_tombstone(last);
  change_tombstones([](std::size_t, format::Tombstone&) {});
  expect_refused(Code::kCorrupt, "ends within a batch");
}

}  // namespace
}  // namespace varve
