// Restore from a mirror: the same log goes on, and nobody can make it go on from anything but the
// newest and the true one.
#include "ledger/log/restore.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "ledger/format/tombstone.h"
#include "ledger/log/audit.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/mark_file.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::events;
using testing::Source;
using testing::World;

void put(const std::string& path, Bytes bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text_of(bytes);
}

/// What varve-audit mirror keeps of the log as it is now: checkpoint and bundles.
void mirror_to(const std::string& directory, const Log& log) {
  fs::remove_all(directory);
  const auto newest = log.latest();
  const TreeSize size = newest->checkpoint.size;
  for (std::uint64_t tile = 0; tile * merkle::kTileWidth < size.value; ++tile) {
    const merkle::TileId id{0, tile, merkle::tile_width(0, tile, size)};
    Buffer bundle;
    for (std::uint64_t i = 0; i < id.width; ++i) {
      const auto records = log.records({tile * merkle::kTileWidth + i}, 1);
      format::append_to_bundle(bundle, records->front());
    }
    put(directory + "/tile/entries/" + merkle::bundle_path(id), bundle);
  }
  put(directory + "/checkpoint", bytes_of(newest->note));
}

/// A log with its mark and its mirror, and the empty store of a server that shall go on with it.
class Restoring : public ::testing::Test {
 protected:
  Restoring() : mirror_(lost_.directory + "-mirror"), marks_(lost_.directory + "-marks") {
    fs::create_directory(marks_);
    mark_files_ = std::move(*env::open_posix(marks_));
    mark_ = store::mark_file(*mark_files_, "log.mark");
    lost_.marks = mark_.get();
    lost_.options.segment_bytes_max = 4'096;
  }
  ~Restoring() override {
    fs::remove_all(mirror_);
    fs::remove_all(marks_);
  }
  void SetUp() override {
    ASSERT_TRUE(lost_.open());
    source_.emplace(lost_.registered("ward-3"));
    for (int k = 0; k < 30; ++k) {
      last_batch_ = source_->seal(events(9));
      ASSERT_TRUE(lost_.append(last_batch_));
      ASSERT_TRUE(lost_.append_events(events(5)));
    }
    mirror_to(mirror_, *lost_.log);
    note_ = lost_.log->latest()->note;
  }
  /// The server is gone; its mark and its token are not.
  void lose() {
    lost_.log.reset();
    fresh_.first_key = lost_.first_key;
    fresh_.options = lost_.options;
    fresh_.signer.add(lost_.first_key);
    fresh_.marks = mark_.get();
  }
  Result<log::RestoreReport> restore() {
    const auto from = env::open_posix(mirror_);
    return log::restore_store(fresh_.options, fresh_.environment(), **from);
  }
  void expect_refused(Code code, const std::string& why) {
    const auto report = restore();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, code) << report.error().message;
    EXPECT_NE(report.error().message.find(why), std::string::npos) << report.error().message;
    EXPECT_TRUE(fresh_.files->list("segments")->empty());
  }

  World lost_;
  World fresh_;
  const std::string mirror_;
  const std::string marks_;
  std::unique_ptr<env::Filesystem> mark_files_;
  std::unique_ptr<env::HighWaterMark> mark_;
  std::optional<Source> source_;
  Buffer last_batch_;
  std::string note_;
};

TEST_F(Restoring, TheSameLogGoesOn) {
  std::vector<Buffer> records;
  const TreeSize size = lost_.log->latest()->checkpoint.size;
  for (std::uint64_t i = 0; i < size.value; ++i)
    records.push_back(lost_.log->records({i}, 1)->front());
  const format::Checkpoint old = (*lost_.log->checkpoint_at({100}))->checkpoint;
  lose();
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->size, size);
  EXPECT_GT(report->segments, 3U);
  ASSERT_TRUE(fresh_.open());
  EXPECT_EQ(fresh_.log->latest()->note, note_);
  for (std::uint64_t i = 0; i < size.value; ++i)
    ASSERT_EQ(fresh_.log->records({i}, 1)->front(), records[i]) << i;
  EXPECT_TRUE(fresh_.append(last_batch_)->repeated);
  ASSERT_TRUE(fresh_.append(source_->seal(events(2))));
  ASSERT_TRUE(fresh_.append_events(events(2)));
  const format::Checkpoint now = fresh_.log->latest()->checkpoint;
  const auto proof = merkle::prove_consistency(old.size, now.size, *fresh_.log);
  EXPECT_TRUE(merkle::verify_consistency(old.size, now.size, *proof, old.root, now.root));
  fresh_.log.reset();
  const auto audit =
      log::audit_store(fresh_.options, fresh_.environment(), [](std::uint64_t, std::uint64_t) {});
  ASSERT_TRUE(audit) << audit.error().message;
  EXPECT_TRUE(audit->findings.empty()) << audit->findings[0].where << audit->findings[0].what;
}

TEST_F(Restoring, FromAnOlderMirrorUnderANewerMarkIsRefused) {
  ASSERT_TRUE(lost_.append_events(events(1)));
  const std::uint64_t newest = lost_.log->latest()->checkpoint.size.value;
  lose();
  expect_refused(Code::kCorrupt, "the mark says " + std::to_string(newest));
}

// The same key signed both, and the other one is longer: still not this log.
TEST_F(Restoring, FromAMirrorOfAnotherHistoryIsRefused) {
  World other;
  other.first_key = lost_.first_key;
  other.options = lost_.options;
  other.signer.add(lost_.first_key);
  ASSERT_TRUE(other.open());
  for (int k = 0; k < 80; ++k) ASSERT_TRUE(other.append_events(events(9)));
  ASSERT_GT(other.log->latest()->checkpoint.size, lost_.log->latest()->checkpoint.size);
  mirror_to(mirror_, *other.log);
  lose();
  expect_refused(Code::kCorrupt, "another history");
}

TEST_F(Restoring, WithoutAMarkIsRefused) {
  lose();
  fresh_.marks = nullptr;
  expect_refused(Code::kInvalid, "no high-water mark");
}

TEST_F(Restoring, OverAStoreThatIsNotEmptyIsRefused) {
  lose();
  ASSERT_TRUE(restore());
  const auto again = restore();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kWorm);
}

TEST_F(Restoring, FromAMirrorWithAnyByteChangedOrAFileGoneIsRefused) {
  lose();
  for (const auto& entry : fs::recursive_directory_iterator(mirror_)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string good{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 0; at < good.size(); at += 211) {
      SCOPED_TRACE(entry.path().string() + " " + std::to_string(at));
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      put(entry.path(), bytes_of(bad));
      const auto report = restore();
      ASSERT_FALSE(report);
      EXPECT_TRUE(fresh_.files->list("segments")->empty());
    }
    fs::remove(entry.path());
    expect_refused(Code::kNotFound, "the mirror's ");
    put(entry.path(), bytes_of(good));
  }
  EXPECT_TRUE(restore());
}

// Killed while it writes, at any time: what is there cannot be mistaken for a store.
TEST_F(Restoring, ThatWasCutOffLeavesNothingThatStarts) {
  lose();
  ASSERT_TRUE(restore());
  ASSERT_EQ(std::system(("chattr -R -f -i " + fresh_.directory + "; true").c_str()), 0);
  for (const char* derived : {"/tree", "/leaves", "/catalogue"})
    fs::remove_all(fresh_.directory + derived);
  const auto names = *fresh_.files->list("segments");
  for (std::size_t k = names.size(); k-- > 0;) {
    const std::string path = fresh_.directory + "/segments/" + names[k];
    fs::permissions(path, fs::perms::owner_all);
    for (const std::uintmax_t size : {fs::file_size(path) / 2, std::uintmax_t{300}}) {
      fs::resize_file(path, size);
      const auto opened = fresh_.open();
      ASSERT_FALSE(opened) << names[k];
      EXPECT_EQ(opened.error().code, Code::kCorrupt) << opened.error().message;
    }
    fs::remove(path);
  }
}

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
    for (int k = 0; k < 6; ++k) append_both();
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
      ASSERT_TRUE(store::write_remains(*lost_.files, header, **keys.get(header), kDestroyedAt));
    lost_.vault.destroyed.insert("varve/test/2026-01");
  }
  [[nodiscard]] Result<log::AuditReport> audited() {
    return log::audit_store(fresh_.options, fresh_.environment(), [](auto, auto) {});
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

  static constexpr std::uint64_t kDestroyedAt = 1'780'000'000'000'000;
  static constexpr std::uint64_t kDestroyed = 12 * 14;  // events in January
  testing::SetClock clock_;
  TreeSize january_;
  std::vector<Hash> leaves_;
  std::vector<Buffer> entries_;  // as the log gives them
};

TEST_F(RestoringWhatWasDestroyed, TheSameLogGoesOnWithTheSameGap) {
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->destroyed, kDestroyed);
  for (const bool anew : {false, true}) {
    if (anew)
      for (const char* derived : {"/tree", "/leaves", "/catalogue"})
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
  const auto from = env::open_posix(mirror_);
  const auto report = log::restore_store(second.options, second.environment(), **from);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->destroyed, kDestroyed);
  ASSERT_TRUE(second.open());
  EXPECT_EQ(second.log->latest()->note, note_);
}

// A tombstone says what the tree holds, of an event, under the seal of its batch: else it is no tombstone.
TEST_F(RestoringWhatWasDestroyed, TombstonesThatAreNotTrueAreRefused) {
  const auto nothing = [](std::size_t, format::Tombstone&) {};
  change_tombstones([](std::size_t index, format::Tombstone& tombstone) {
    if (index > 20) tombstone.leaf.bytes[0] ^= std::byte{1};
  });
  expect_refused(Code::kCorrupt, "not that of its events");
  change_tombstones([](std::size_t index, format::Tombstone& tombstone) { tombstone.segment += index; });
  expect_refused(Code::kCorrupt, "several segments in one batch");
  const auto bury = [this](std::size_t index) {
    entries_[index] = format::encode_tombstone({202'601, 0, kDestroyedAt, leaves_[index]});
  };
  const std::vector<Buffer> good = entries_;
  bury(entries_.size() - 1);  // the last seal, so that nothing says whose the events before it are
  change_tombstones(nothing);
  expect_refused(Code::kCorrupt, "stands inside a batch");
  entries_ = good;
  bury(1);  // a source's registration
  change_tombstones(nothing);
  expect_refused(Code::kCorrupt, "record ");
  entries_ = good;
  change_tombstones(nothing);
  EXPECT_TRUE(restore());
}

TEST_F(RestoringWhatWasDestroyed, DamagedRemainsOfItAreFound) {
  ASSERT_TRUE(restore());
  const auto names = *fresh_.files->list("remains");
  ASSERT_FALSE(names.empty());
  const std::string path = fresh_.directory + "/remains/" + names.front();
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  bytes[60] = static_cast<char>(bytes[60] ^ 1);
  put(path, bytes_of(bytes));
  const auto audit = audited();
  ASSERT_TRUE(audit);
  ASSERT_FALSE(audit->findings.empty());
  EXPECT_NE(audit->findings.front().what.find("remains/" + names.front()), std::string::npos);
}

}  // namespace
}  // namespace varve
