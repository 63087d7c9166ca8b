// Records of kinds that this program has no rules for, every number there is: a log with a critical
// one is not touched and not called damaged; behind any other all goes on.
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/format/newer.h"
#include "ledger/format/tombstone.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_format.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/restore.h"
#include "tests/log/later_store.h"
#include "tests/log/restoring.h"

namespace varve {
namespace {

using format::Kind;
using testing::events;
using testing::LaterStore;
using testing::World;

/// Every number that this program has no rules for, critical or not.
std::vector<Kind> not_understood(bool critical) {
  std::vector<Kind> kinds;
  for (int number = 1; number < 256; ++number) {
    const Kind kind = static_cast<Kind>(number);
    if (!format::is_understood(kind) && format::row_of(kind).is_critical == critical)
      kinds.push_back(kind);
  }
  CHECK(!kinds.empty());
  return kinds;
}

Result<upkeep::AuditReport> audit_of(World& world) {
  return testing::audit_store(world.options, world.environment());
}

void expect_newer(const Error& error, Kind kind) {
  EXPECT_EQ(error.code, Code::kNotFound) << error.message;
  const std::string number = std::to_string(format::number_of(kind));
  EXPECT_NE(error.message.find("is of kind " + number), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("newer than this program"), std::string::npos) << error.message;
}

Result<void> write_remains_of(World& world, std::uint64_t now_us) {
  store::DataKeys keys(*world.files, world.vault, env::system_random(), "varve/test");
  ASSIGN_OR_RETURN(const auto file, world.files->open_read(store::segment_path(0)));
  ASSIGN_OR_RETURN(const store::SegmentHeader header, store::read_segment_header(*file));
  ASSIGN_OR_RETURN(const auto key, keys.get(header));
  return store::write_remains(*world.files, header, key, now_us);
}

std::map<std::string, std::string> contents(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    std::ifstream in(entry.path(), std::ios::binary);
    if (entry.is_regular_file()) files[entry.path()] = {std::istreambuf_iterator<char>(in), {}};
  }
  return files;
}

TEST(CriticalKind, WithoutRulesHereEndsEachReaderAsANewerLogAndNotAsDamage) {
  for (const Kind kind : not_understood(true)) {
    SCOPED_TRACE(format::kind_name(kind));
    World world;
    LaterStore later(world);
    later.with(kind);
    ASSERT_TRUE(later.write());
    const auto segment = contents(world.directory + "/segments");
    const auto opened = world.open();
    ASSERT_FALSE(opened);
    expect_newer(opened.error(), kind);
    const auto audited = audit_of(world);
    ASSERT_FALSE(audited) << "no report, and above all none that says DAMAGED";
    expect_newer(audited.error(), kind);
    const auto buried = write_remains_of(world, world.clock->now_us());
    ASSERT_FALSE(buried) << "who does not know what may go lets nothing go";
    expect_newer(buried.error(), kind);
    EXPECT_FALSE(std::filesystem::exists(world.directory + "/" + store::remains_path(0)));
    EXPECT_TRUE(contents(world.directory + "/segments") == segment) << "nothing was changed";
  }
}

TEST(UncriticalKind, IsReplayedAuditedCountedAndAppendedTo) {
  for (const Kind kind : not_understood(false)) {
    SCOPED_TRACE(format::kind_name(kind));
    World world;
    std::map<std::string, std::string> notices;
    world.notice = [&notices](std::string_view what, const std::string& sentence) {
      notices[std::string(what)] = sentence;
    };
    LaterStore later(world);
    later.with(kind);
    ASSERT_TRUE(later.write());
    const auto opened = world.open();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_NE(notices["kinds_not_understood"].find(format::kind_name(kind)), std::string::npos);
    for (std::uint64_t i = 0; i < later.records.size(); ++i)
      EXPECT_EQ(world.log->records(LeafIndex{i}, 1)->front(), later.records[i]) << i;
    // A control record takes the next number, an event too.
    world.registered("ward-3");
    ASSERT_TRUE(world.append_events(events(2)));
    world.log.reset();
    const auto report = audit_of(world);
    ASSERT_TRUE(report) << report.error().message;
    for (const upkeep::StoreFinding& f : report->findings)
      ADD_FAILURE() << f.where << ": " << f.what;
    EXPECT_EQ(report->not_understood.counts(), (std::map<Kind, std::uint64_t>{{kind, 1}}));
  }
}

// The month's key goes; what its number says is kept stays whole, and else its leaf hash does.
TEST(UncriticalKind, IsKeptOrGoesWithItsMonthAsItsNumberSays) {
  for (const Kind kind : not_understood(false)) {
    SCOPED_TRACE(format::kind_name(kind));
    testing::SetClock clock;
    World world;
    world.clock = &clock;
    clock.now = 1'767'300'000'000'000;  // 2026-01-01
    LaterStore later(world);
    later.with(kind);
    ASSERT_TRUE(later.write());
    clock.now = 1'780'000'000'000'000;
    ASSERT_TRUE(write_remains_of(world, clock.now));
    world.vault.destroyed.insert("varve/test/2026-01");
    const auto opened = world.open();
    ASSERT_TRUE(opened) << opened.error().message;
    for (std::uint64_t i = 0; i < later.records.size(); ++i) {
      SCOPED_TRACE(i);
      const Kind here = format::decode_record(later.records[i])->kind;
      const bool goes = here == Kind::kEvent || format::number_of(here) >= 128;
      const auto read = world.log->records(LeafIndex{i}, 1);
      ASSERT_TRUE(read);
      EXPECT_EQ(format::is_tombstone(read->front()), goes);
      if (!goes) {
        EXPECT_EQ(read->front(), later.records[i]);
      }
    }
    ASSERT_TRUE(world.append_events(events(2)));
  }
}

// Whatever a number says of itself does not let it stand just anywhere.
TEST(UncriticalKind, IsHeldToTheNumbersAndSealsOfItsPlace) {
  const Kind kept{64 + 40};
  const Kind gone{200};
  const auto refused = [](auto build) {
    World world;
    LaterStore later(world);
    build(later);
    CHECK(later.write().has_value());
    const auto report = audit_of(world);
    return report && !report->findings.empty() && !world.open() &&
           world.open().error().code == Code::kCorrupt;
  };
  EXPECT_TRUE(refused([&](LaterStore& s) { s.batch({Kind::kEvent, kept}); })) << "inside a batch";
  EXPECT_TRUE(refused([&](LaterStore& s) { s.control(gone, ""), s.control(kept, ""); }))
      << "goes, and no seal covers it";
  EXPECT_TRUE(refused([&](LaterStore& s) {
    s.control(kept, "");
    s.records.pop_back();  // a control record is missing
    s.control(kept, "");
  }));
}

class NewerMirror : public testing::Restoring {};

TEST_F(NewerMirror, IsRestoredUnlessAKindInItIsCritical) {
  lose();
  for (const Kind kind : {Kind::kIndexAudit, Kind{100}, Kind{200}, Kind::kVrfKey, Kind{63}}) {
    SCOPED_TRACE(format::kind_name(kind));
    const auto mark = store::mark_file(*mark_files_, format::kind_name(kind) + ".mark");
    World origin;
    LaterStore later(origin);
    later.with(kind);
    Buffer bundle;
    for (const Buffer& bytes : later.records) format::append_to_bundle(bundle, bytes);
    std::filesystem::remove_all(mirror_);
    const merkle::TileId id{0, 0, static_cast<std::uint32_t>(later.records.size())};
    testing::put(mirror_ + "/tile/entries/" + merkle::bundle_path(id), bundle);
    testing::put(mirror_ + "/checkpoint", bytes_of(later.checkpoint()));
    ASSERT_TRUE(mark->write({merkle::sha256(bytes_of(origin.options.origin)), TreeSize{1},
                             merkle::leaf_hash(later.records[0])}));
    origin.marks = mark.get();
    const auto report = restore_to(origin);
    if (format::row_of(kind).is_critical) {
      ASSERT_FALSE(report);
      expect_newer(report.error(), kind);
      EXPECT_TRUE(origin.files->list("segments")->empty());
      continue;
    }
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(origin.open());
    for (std::uint64_t i = 0; i < later.records.size(); ++i)
      EXPECT_EQ(origin.log->records(LeafIndex{i}, 1)->front(), later.records[i]) << i;
  }
}

// Another program may have written them; this one appends what it has rules for.
TEST(AppendControl, TakesOnlyKindsThatThisProgramWrites) {
  World world;
  ASSERT_TRUE(world.open());
  const TreeSize before = world.size();
  for (int number = 0; number < 256; ++number) {
    const Kind kind = static_cast<Kind>(number);
    const format::KindRow row = format::row_of(kind);
    if (row.is_control && row.is_written) continue;
    const auto done = world.append_control(kind, "x");
    ASSERT_FALSE(done) << number;
    EXPECT_EQ(done.error().code, Code::kInvalid) << number;
  }
  EXPECT_EQ(world.size(), before);
}

}  // namespace
}  // namespace varve
