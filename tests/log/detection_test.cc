// What an administrator can do to a store at rest, and what names it: the table in docs/THREATS.md.
// Damage is in audit_test, restored copies and second histories are in mark_test.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/store/mark_file.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::World;

const char* const kSegments[] = {"/segments/00000000.seg", "/segments/00000001.seg",
                                 "/segments/00000002.seg"};

void replace(const std::string& path, const std::string& bytes) {
  fs::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

void unlock(const World& world) {
  ASSERT_EQ(std::system(("chattr -R -f -i " + world.directory + "; true").c_str()), 0);
}

/// One sealed segment for each of `sizes`, with so many events. Returns what the last one brought.
Appended fill(World& world, const std::vector<std::size_t>& sizes) {
  Appended last;
  for (const std::size_t size : sizes) {
    CHECK(world.open().has_value());
    auto appended = world.append_events(events(size));
    CHECK(appended.has_value());
    last = std::move(*appended);
    world.log.reset();
  }
  unlock(world);
  return last;
}

upkeep::StoreFinding first_finding(World& world) {
  const auto report = testing::audit_store(world.options, world.environment());
  if (!report || report->findings.empty()) return {"nothing", "nothing"};
  return report->findings.front();
}

/// What a start says when nothing derived is left to rely on.
std::string refusal(World& world) {
  for (const char* derived : {"/catalogue", "/tree", "/leaves", "/appends"})
    fs::remove_all(world.directory + derived);
  const auto opened = world.open();
  return opened ? "opened" : opened.error().message;
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\nlacks: " << part;
}

TEST(Detection, SegmentsThatWereSwappedAreNamed) {
  World world;
  fill(world, {3, 3, 3});
  const std::string one = bytes_in(world.directory + kSegments[1]);
  replace(world.directory + kSegments[1], bytes_in(world.directory + kSegments[2]));
  replace(world.directory + kSegments[2], one);
  const upkeep::StoreFinding finding = first_finding(world);
  EXPECT_EQ(finding.where, "segments/00000001.seg");
  expect_in(finding.what, "does not continue the segment before it");
  expect_in(refusal(world), "segments/00000001.seg does not continue the segment before it");
}

TEST(Detection, ASegmentOfAnotherLogIsNamed) {
  World other("audit.example.org/other");
  fill(other, {3, 3});
  World world;
  fill(world, {3, 3});
  replace(world.directory + kSegments[1], bytes_in(other.directory + kSegments[1]));
  const upkeep::StoreFinding finding = first_finding(world);
  EXPECT_EQ(finding.where, "segments/00000001.seg");
  expect_in(finding.what, "belongs to another log");
  expect_in(refusal(world), "segments/00000001.seg belongs to another log");
}

// A segment of the same log, signed by the same key, from a history that was to be replaced.
TEST(Detection, ASegmentOfAnotherHistoryIsNamed) {
  World other;
  World world;
  other.first_key = world.first_key;
  other.options.first_key = world.options.first_key;
  other.signer.add(world.first_key);
  fill(other, {3, 3});
  fill(world, {3, 3});
  replace(world.directory + kSegments[1], bytes_in(other.directory + kSegments[1]));
  const upkeep::StoreFinding finding = first_finding(world);
  EXPECT_EQ(finding.where, "segments/00000001.seg");
  expect_in(finding.what, "does not continue the segment before it");
  expect_in(refusal(world), "segments/00000001.seg does not continue the segment before it");
}

/// A store as a kill left it, with where each acknowledged append ended in its one segment.
struct Open {
  World live;
  World killed;
  std::vector<std::uint64_t> ends;
  std::vector<std::uint64_t> sizes;  // of the log then

  explicit Open(const std::string& origin) : live(origin), killed(origin) {
    CHECK(live.open().has_value());
    for (const std::size_t count : {3, 4, 5}) {
      CHECK(live.append_events(events(count)).has_value());
      ends.push_back(fs::file_size(live.directory + kSegments[0]));
      sizes.push_back(live.size().value);
    }
    for (const auto& entry : fs::directory_iterator(live.directory))
      fs::copy(entry, killed.directory + "/" + entry.path().filename().string(),
               fs::copy_options::recursive);
    killed.options = live.options;
    killed.signer.add(live.first_key);
  }
  [[nodiscard]] std::string bytes(std::size_t from, std::size_t to) const {
    return bytes_in(live.directory + kSegments[0]).substr(ends[from], ends[to] - ends[from]);
  }
};

// Put behind the first group: the second group of another log, and this log's third one.
TEST(Detection, AFrameThatDoesNotBelongWhereItStandsIsNamed) {
  Open here("audit.example.org/here");
  const Open there("audit.example.org/there");
  const std::string before = bytes_in(here.live.directory + kSegments[0]).substr(0, here.ends[0]);
  for (const std::string& frames : {there.bytes(0, 2), here.bytes(1, 2)}) {
    replace(here.killed.directory + kSegments[0], before + frames);
    const upkeep::StoreFinding finding = first_finding(here.killed);
    EXPECT_EQ(finding.where, "segments/00000000.seg");
    expect_in(finding.what, "frame at byte " + std::to_string(here.ends[0]));
  }
  expect_in(refusal(here.killed), "records from " + std::to_string(here.sizes[0]) +
                                      " on or their checkpoint were acknowledged and are damaged");
}

// Another log's frames look like a torn tail to a start: only the mark knows what stood there.
TEST(Detection, AcknowledgedFramesUnderFramesOfAnotherLogAreMissedByTheMark) {
  Open here("audit.example.org/here");
  const Open there("audit.example.org/there");
  World marks_at;
  const auto marks = store::mark_file(*marks_at.files, "here.mark");
  const format::Checkpoint& newest = here.live.log->latest()->checkpoint;
  ASSERT_TRUE(marks->write({merkle::sha256(bytes_of(newest.origin)), newest.size, newest.root}));
  const std::string before = bytes_in(here.live.directory + kSegments[0]).substr(0, here.ends[0]);
  replace(here.killed.directory + kSegments[0], before + there.bytes(0, 2));
  here.killed.marks = marks.get();
  expect_in(refusal(here.killed), "its newest checkpoint covers " + std::to_string(here.sizes[0]) +
                                      " records, the mark says " +
                                      std::to_string(newest.size.value));
}

// The catalogue is derived: an old one costs a replay, never a record; the audit says where it ends.
TEST(Detection, AnOldCatalogueIsSaidByTheAuditAndHarmlessAtAStart) {
  World world;
  fill(world, {3, 3});
  const std::string old = world.directory + "-catalogue";
  fs::copy(world.directory + "/catalogue", old, fs::copy_options::recursive);
  const Appended last = fill(world, {3, 3});
  fs::remove_all(world.directory + "/catalogue");
  fs::copy(old, world.directory + "/catalogue", fs::copy_options::recursive);
  fs::remove_all(old);
  EXPECT_EQ(first_finding(world).where, "nothing");
  const auto report = testing::audit_store(world.options, world.environment());
  ASSERT_EQ(report->unfinished.size(), 1u);
  EXPECT_EQ(report->unfinished.front().where, "catalogue");
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.size(), last.under->checkpoint.size);
  ASSERT_TRUE(world.log->receipt({last.first, 4, nullptr, false, true}));
  world.log.reset();
  unlock(world);
  EXPECT_EQ(first_finding(world).where, "nothing");
}

TEST(Detection, SegmentsThatWereCutOffBehindTheCatalogueAreMissed) {
  World world;
  fill(world, {3, 3, 3});
  fs::remove(world.directory + kSegments[2]);
  EXPECT_EQ(first_finding(world).where, "catalogue");
  const auto opened = world.open();
  ASSERT_FALSE(opened);
  expect_in(opened.error().message, "the catalogue knows of 3, the folder has 2");
}

}  // namespace
}  // namespace varve
