// Restore from a mirror: the same log goes on, and nobody can make it go on from anything but the
// newest and the true one.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/base/month.h"
#include "ledger/store/month_keys.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/restoring.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::mirror_to;
using testing::put;
using testing::Restoring;
using testing::World;

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
  const auto audit = testing::audit_store(fresh_.options, fresh_.environment());
  ASSERT_TRUE(audit) << audit.error().message;
  EXPECT_TRUE(audit->findings.empty()) << audit->findings[0].where << audit->findings[0].what;
}

// Twice: what is restored goes on, is mirrored, and is restored again.
TEST_F(Restoring, KeepsTheSourcesOfClientsAndTheirNumbers) {
  const SourceId client = *format::source_id("client/tester");
  World third;
  lose();
  for (World* world : {&fresh_, &third}) {
    const std::uint64_t before = world == &fresh_ ? 150 : 152;
    third.first_key = lost_.first_key;
    third.options = lost_.options;
    third.signer.add(lost_.first_key);
    third.marks = mark_.get();
    const auto restored = restore_to(*world);
    ASSERT_TRUE(restored) << restored.error().message;
    ASSERT_TRUE(world->open());
    const SourceState state = *world->log->source(client);
    EXPECT_EQ(state.name, "client/tester");
    EXPECT_EQ(state.next_event, before) << "of 30 requests of five events";
    const auto appended = world->append_events(events(2));
    ASSERT_TRUE(appended);
    for (std::uint64_t k = 0; k < 2; ++k) {
      const Buffer bytes = world->log->records({appended->first.value + k}, 1)->front();
      const auto record = format::decode_record(bytes);
      EXPECT_EQ(record->source, client) << "no new source, and no event of nobody";
      EXPECT_EQ(record->sequence, before + k);
    }
    mirror_to(mirror_, *world->log);
    world->log.reset();
  }
}

// The clock of the machine that takes over has lost its battery: what is restored goes under the
// key of the month in which the log wrote last, and not of one that may be disposed of at once.
TEST_F(Restoring, ByAClockThatIsBackGoesUnderTheMonthOfTheNewestRecord) {
  lose();
  const auto were = store::all_segments(*lost_.files);
  ASSERT_TRUE(were);
  testing::SetClock back;
  fresh_.clock = &back;
  back.now = 5'000'000;
  ASSERT_TRUE(restore());
  const auto are = store::all_segments(*fresh_.files);
  ASSERT_TRUE(are);
  for (const store::SegmentHeader& header : *are) EXPECT_EQ(header.month, were->back().month);
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

TEST_F(Restoring, UnderTheMarkOfAnotherLogIsRefused) {
  lose();
  std::filesystem::remove(marks_ + "/log.mark");
  ASSERT_TRUE(mark_->write({merkle::sha256(bytes_of("audit.example.org/other")), TreeSize{1}, {}}));
  expect_refused(Code::kInvalid, "is that of another log");
}

TEST_F(Restoring, WithoutAMarkIsRefused) {
  lose();
  fresh_.marks = nullptr;
  expect_refused(Code::kInvalid, "no high-water mark");
}

// After rotations another key signs, and it is the one that comes to mind. The first one's vkey is
// enough: no token has to have it.
TEST_F(Restoring, UnderAnotherThanTheFirstKeyIsRefusedAndTheFirstOneIsNotAskedOfTheToken) {
  lose();
  testing::SoftKey other(lost_.options.origin);
  fresh_.options.first_key = other.key;
  fresh_.signer.add(other);
  expect_refused(Code::kInvalid, "has to be the log's first one: give its vkey");
  fresh_.options.first_key = lost_.first_key.key;
  fresh_.signer.lose(lost_.first_key);
  const auto report = restore();
  EXPECT_TRUE(report) << report.error().message;
}

TEST_F(Restoring, OverAStoreThatIsNotEmptyIsRefused) {
  lose();
  ASSERT_TRUE(restore());
  const auto again = restore();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kWorm);
  EXPECT_NE(again.error().message.find("the store is not empty"), std::string::npos)
      << again.error().message;
}

// Nothing but the tree's root covers the salt of the last seal, when the mark is older than it.
TEST_F(Restoring, FromAMirrorWithItsLastSealChangedIsRefused) {
  const Hash root = *merkle::tree_root(TreeSize{100}, *lost_.log);
  const std::uint64_t size = lost_.log->latest()->checkpoint.size.value;
  lose();
  fs::remove(marks_ + "/log.mark");
  mark_ = store::mark_file(*mark_files_, "log.mark");
  fresh_.marks = mark_.get();
  const Hash log = merkle::sha256(bytes_of(lost_.options.origin));
  ASSERT_TRUE(mark_->write({log, TreeSize{100}, root}));
  const std::string path = mirror_ + "/tile/entries/001.p/" + std::to_string(size - 256);
  std::string bytes = bytes_in(path);
  const auto entries = *format::split_bundle(bytes_of(bytes), merkle::kTileWidth);
  const std::size_t last = bytes.size() - entries.back().size();
  bytes[last + 30] = static_cast<char>(bytes[last + 30] ^ 1);
  put(path, bytes_of(bytes));
  expect_refused(Code::kCorrupt, "do not make the tree of its checkpoint");
}

// A month ends for a restored log as it did for the lost one: docs/operating/recovery.md
TEST_F(Restoring, PutsEachRecordUnderTheKeyOfTheMonthThatItsClockRecordsName) {
  lose();
  testing::SetClock later;
  const std::uint64_t received = env::posix_clock().now_us();
  later.now = received + 40ULL * 24 * 3'600 * 1'000'000;
  fresh_.clock = &later;
  ASSERT_TRUE(restore());
  EXPECT_GT(store::segments_of_month(*fresh_.files, month_of(received))->size(), 3U);
  EXPECT_TRUE(store::segments_of_month(*fresh_.files, month_of(later.now))->empty());
}

TEST_F(Restoring, FromAMirrorWithAnyByteChangedOrAFileGoneIsRefused) {
  lose();
  for (const auto& entry : fs::recursive_directory_iterator(mirror_)) {
    if (!entry.is_regular_file()) continue;
    const std::string good = bytes_in(entry.path());
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
  for (const char* derived : {"/tree", "/leaves", "/appends", "/catalogue"})
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

}  // namespace
}  // namespace varve
