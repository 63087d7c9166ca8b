// What is still there after a crash, and what is refused: torn tails, damage, lost derived files.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/store/segment_format.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::Source;
using testing::World;

void write_file(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

using Snapshot = std::map<std::string, std::string>;

/// Every file below `directory`, by relative path.
Snapshot files_in(const std::string& directory) {
  Snapshot out;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      out[fs::relative(entry.path(), directory)] = bytes_in(entry.path());
  return out;
}

/// A log as a kill -9 left it: appended to, copied while open, never stopped.
struct Crashed {
  World origin;
  Snapshot files;
  std::vector<std::string> notes;         // every checkpoint that was published
  std::vector<std::uint64_t> group_ends;  // file size after each acknowledged append

  explicit Crashed(int appends) {
    CHECK(origin.open().has_value());
    Source source = origin.registered("ward-3");
    note_down();
    for (int k = 0; k < appends; ++k) {
      CHECK(origin.append(source.seal(events(2))).has_value());
      note_down();
    }
    files = files_in(origin.directory);
  }
  void note_down() {
    notes.push_back(origin.log->latest()->note);
    group_ends.push_back(fs::file_size(origin.directory + "/segments/00000000.seg"));
  }
};

/// A world over a copy of those files.
void restore(World& world, const Crashed& crashed, const Snapshot& files) {
  for (const auto& [path, bytes] : files) write_file(world.directory + "/" + path, bytes);
  world.options = crashed.origin.options;
  world.signer.add(crashed.origin.first_key);
}

TreeSize size_of(const std::string& note) {
  return format::parse_checkpoint_text(format::parse_note(note)->text)->size;
}

TEST(Recovery, KeepsEveryAcknowledgedRecordAfterAKill) {
  const Crashed crashed(5);
  World world;
  restore(world, crashed, crashed.files);
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.log->latest()->note, crashed.notes.back());
  for (const std::string& note : crashed.notes)
    EXPECT_EQ((*world.log->checkpoint_at(size_of(note)))->note, note);
}

// A crash can cut the file anywhere behind the last fdatasync. Wherever it is cut, everything that
// was acknowledged before the cut is there, the log opens, and it goes on from there.
TEST(Recovery, KeepsWhatWasAcknowledgedBeforeTheCutWhereverTheTailIsTorn) {
  const Crashed crashed(2);
  const std::string& whole = crashed.files.at("segments/00000000.seg");
  const std::uint64_t from = crashed.group_ends.front();
  for (std::uint64_t cut = from; cut <= whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    Snapshot files = crashed.files;
    files["segments/00000000.seg"].resize(cut);
    World world;
    restore(world, crashed, files);
    const auto opened = world.open();
    ASSERT_TRUE(opened) << opened.error().message;
    std::size_t promised = 0;
    while (promised < crashed.group_ends.size() && crashed.group_ends[promised] <= cut) ++promised;
    const std::string& last = crashed.notes[promised - 1];
    EXPECT_GE(world.log->latest()->checkpoint.size, size_of(last));
    EXPECT_EQ((*world.log->checkpoint_at(size_of(last)))->note, last);
    if (cut % 16 == 0) {
      EXPECT_TRUE(world.append_events(events(1)));
    }
  }
}

// The same for a crash while the segment is sealed: in the footer, or between it and its trailer.
TEST(Recovery, SealsAgainWhereverTheFooterIsTorn) {
  Crashed crashed(2);
  crashed.origin.log.reset();
  const std::string sealed = bytes_in(crashed.origin.directory + "/segments/00000000.seg");
  for (std::uint64_t cut = crashed.group_ends.back(); cut <= sealed.size(); ++cut) {
    SCOPED_TRACE(cut);
    Snapshot files = crashed.files;
    files["segments/00000000.seg"] = sealed.substr(0, cut);
    World world;
    restore(world, crashed, files);
    ASSERT_TRUE(world.open());
    const TreeSize size = world.log->latest()->checkpoint.size;
    EXPECT_EQ(size, size_of(crashed.notes.back()));
    for (std::uint64_t i = 0; i < size.value; ++i)
      EXPECT_TRUE(world.log->records(LeafIndex{i}, 1)) << i;
  }
}

// A byte that differs in what was acknowledged is damage, not a torn tail: refused, and named.
TEST(Recovery, RefusesToStartWhenAnAcknowledgedByteDiffers) {
  const Crashed crashed(2);
  const std::string& whole = crashed.files.at("segments/00000000.seg");
  const std::uint64_t last_group = crashed.group_ends[crashed.group_ends.size() - 2];
  for (std::uint64_t at = 0; at < last_group; at += 7) {
    SCOPED_TRACE(at);
    Snapshot files = crashed.files;
    files["segments/00000000.seg"][at] = static_cast<char>(whole[at] ^ 1);
    World world;
    restore(world, crashed, files);
    const auto opened = world.open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("segments/00000000.seg"), std::string::npos);
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
  }
}

TEST(Recovery, MakesEveryDerivedFileAgainByteForByte) {
  World world;
  world.options.segment_bytes_max = 4'096;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  for (int k = 0; k < 30; ++k) ASSERT_TRUE(world.append(source.seal(events(9))));
  ASSERT_TRUE(world.append_events(events(4), "key"));
  const std::string note = world.log->latest()->note;
  world.log.reset();
  const Snapshot before = files_in(world.directory);
  for (const char* derived : {"tree", "leaves", "appends", "catalogue"}) {
    SCOPED_TRACE(derived);
    fs::remove_all(world.directory + "/" + derived);
    ASSERT_TRUE(world.open());
    EXPECT_EQ(world.log->latest()->note, note);
    EXPECT_TRUE(world.append_events(events(4), "key")->repeated);
    world.log.reset();
    const Snapshot after = files_in(world.directory);
    for (const auto& [path, bytes] : before) {
      const bool in_groups = path.starts_with("leaves/") || path.starts_with("appends/");
      if (!path.starts_with("tree/") && !in_groups) continue;
      if (in_groups && !after.contains(path)) continue;  // taken together since
      EXPECT_TRUE(after.contains(path) && after.at(path) == bytes) << path;
    }
    const auto report = testing::audit_store(world.options, world.environment());
    ASSERT_TRUE(report);
    for (const upkeep::StoreFinding& f : report->findings)
      ADD_FAILURE() << f.where << ": " << f.what;
  }
}

TEST(Recovery, AnyDamagedHashFileIsNoticedWhereTheTreeStillGrows) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(40)));
  world.log.reset();
  const std::string leaves = bytes_in(world.directory + "/tree/00");
  for (const std::size_t size : {std::size_t{0}, leaves.size() / 2, leaves.size() - 1}) {
    write_file(world.directory + "/tree/00", std::string_view(leaves).substr(0, size));
    ASSERT_TRUE(world.open());
    world.log.reset();
    EXPECT_EQ(bytes_in(world.directory + "/tree/00"), leaves);
  }
}

TEST(Recovery, AMissingSegmentIsRefused) {
  World world;
  world.options.segment_bytes_max = 1;
  ASSERT_TRUE(world.open());
  for (int k = 0; k < 4; ++k) ASSERT_TRUE(world.append_events(events(4)));
  world.log.reset();
  const Snapshot files = files_in(world.directory);
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with("segments/")) continue;
    SCOPED_TRACE(path);
    World copy;
    copy.options = world.options;
    copy.signer.add(world.first_key);
    for (const auto& [other, content] : files)
      if (other != path) write_file(copy.directory + "/" + other, content);
    const auto opened = copy.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
    EXPECT_NE(opened.error().message.find(path + " is missing"), std::string::npos)
        << opened.error().message;
  }
}

TEST(Recovery, ADurableButUnsignedTailIsAdoptedByTheNextCheckpoint) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  const Buffer batch = source.seal(events(3));
  world.signer.down = true;
  ASSERT_FALSE(world.append(batch));
  world.log.reset();
  ASSERT_TRUE(world.open()) << "without a token there are reads";
  EXPECT_EQ(world.append(batch).error().code, Code::kBusy);
  world.log.reset();
  world.signer.down = false;
  ASSERT_TRUE(world.open());
  const auto again = world.append(batch);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
}

TEST(Recovery, AnotherLogsStoreOrAnotherFirstKeyIsRefused) {
  World world;
  ASSERT_TRUE(world.open());
  world.log.reset();
  const LogOptions mine = world.options;
  world.options.origin = "audit.example.org/other";
  world.options.first_key.name = world.options.origin;
  EXPECT_FALSE(world.open());
  world.options = mine;
  const testing::SoftKey other(mine.origin);
  world.signer.add(other);
  world.options.first_key = other.key;
  EXPECT_FALSE(world.open());
  world.options = mine;
  EXPECT_TRUE(world.open());
}

}  // namespace
}  // namespace varve
