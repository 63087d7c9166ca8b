// Repair from a copy: what was signed comes back byte for byte, and nothing else ever comes in.
#include "ledger/upkeep/repair.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::World;

constexpr int kSealed = 4;
constexpr std::uint64_t kSeventyDaysUs = 70 * format::kDayUs;

std::string segment(int ordinal) {
  return "/segments/0000000" + std::to_string(ordinal) + ".seg";
}

void unlock(const std::string& directory) {
  ASSERT_EQ(std::system(("chattr -R -f -i " + directory + "; true").c_str()), 0);
}

/// Sealed segments, and a copy of the whole directory.
struct Store {
  World world;
  std::string copy;

  explicit Store(int segments = kSealed) : copy(world.directory + "-copy") {
    for (int k = 0; k < segments; ++k) grow();
    take_copy();
  }
  ~Store() {
    unlock(copy);
    fs::remove_all(copy);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::vector<std::string> keys;  // that a token has, of whichever month is asked for

  void grow() {
    CHECK(world.open().has_value());
    CHECK(world.append_events(events(3)).has_value());
    world.log.reset();
    unlock(world.directory);
  }
  /// The log, whose clock that is, has segments of a later month then.
  void run_for_seventy_days(testing::SetClock& clock) {
    CHECK(world.open().has_value());
    clock.now = clock.now + kSeventyDaysUs;
    CHECK(world.append_events(events(1)).has_value());
    world.log.reset();
    unlock(world.directory);
  }
  void take_copy() const {
    fs::remove_all(copy);
    fs::copy(world.directory, copy, fs::copy_options::recursive);
  }
  void damage(const std::string& path, std::size_t at) const {
    std::string bytes = bytes_in(path);
    bytes.at(at) = static_cast<char>(bytes[at] ^ 1);
    fs::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  Result<upkeep::RepairReport> repair() {
    const auto from = env::open_posix(copy);
    auto report = upkeep::repair_store(
        world.options, world.environment(),
        [&](const std::string& path) { return (*from)->open_read(path); },
        [&](KeyPeriod) { return Result<std::vector<std::string>>(keys); });
    unlock(world.directory);
    return report;
  }
  /// The names in segments/.
  [[nodiscard]] std::vector<std::string> names() const { return *world.files->list("segments"); }
  void expect_refused(const std::string& why) {
    const auto before = names();
    const auto report = repair();
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find(why), std::string::npos) << report.error().message;
    EXPECT_EQ(names(), before);
  }
};

TEST(Repair, OfAnIntactStoreChangesNothing) {
  Store store;
  const auto before = store.names();
  const auto report = store.repair();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->replaced.empty());
  EXPECT_TRUE(report->left.empty());
  EXPECT_EQ(store.names(), before);
}

// Any one segment, damaged in its header, in the middle, or cut short: the copy's bytes come back,
// the damaged ones are kept, and the log goes on.
TEST(Repair, ReplacesAnySegmentAndKeepsWhatItWas) {
  for (int ordinal = 0; ordinal < kSealed; ++ordinal) {
    for (int kind = 0; kind < 3; ++kind) {
      SCOPED_TRACE(std::to_string(ordinal) + " " + std::to_string(kind));
      Store store;
      const std::string path = store.world.directory + segment(ordinal);
      const std::size_t size = fs::file_size(path);
      if (kind == 2)
        fs::resize_file(path, size / 2);
      else
        store.damage(path, kind == 0 ? 20 : size / 2);
      const std::string damaged = bytes_in(path);
      const auto report = store.repair();
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(report->replaced, std::vector<std::string>{segment(ordinal).substr(1)});
      EXPECT_TRUE(report->left.empty());
      EXPECT_EQ(bytes_in(path), bytes_in(store.copy + segment(ordinal)));
      EXPECT_EQ(bytes_in(path + ".damaged"), damaged);
      EXPECT_FALSE(fs::exists(path + ".new"));
      ASSERT_TRUE(store.world.open());
      EXPECT_TRUE(store.world.append_events(events(1)));
    }
  }
}

TEST(Repair, OfASegmentThatWasRepairedBeforeKeepsWhatItWasEachTime) {
  Store store;
  const std::string path = store.world.directory + segment(1);
  std::vector<std::string> damaged;
  for (const char* kept : {".damaged", ".damaged.2", ".damaged.3"}) {
    SCOPED_TRACE(kept);
    store.damage(path, 200 + 10 * damaged.size());
    damaged.push_back(bytes_in(path));
    const auto report = store.repair();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->kept, std::vector<std::string>{segment(1).substr(1) + kept});
    EXPECT_TRUE(report->left.empty());
    EXPECT_EQ(bytes_in(path), bytes_in(store.copy + segment(1)));
    EXPECT_EQ(bytes_in(path + kept), damaged.back());
  }
  EXPECT_EQ(bytes_in(path + ".damaged"), damaged.front());
}

TEST(Repair, ReplacesSeveralSegmentsAndOneThatIsGone) {
  Store store;
  store.damage(store.world.directory + segment(0), 200);
  fs::remove(store.world.directory + segment(1));
  store.damage(store.world.directory + segment(3), 200);
  const auto report = store.repair();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->replaced.size(), 3U);
  EXPECT_TRUE(report->left.empty());
  for (int k = 0; k < kSealed; ++k)
    EXPECT_EQ(bytes_in(store.world.directory + segment(k)), bytes_in(store.copy + segment(k)));
}

// Nothing can be made again from a damaged segment, so a repair must not need what is made from it.
TEST(Repair, NeedsNothingThatIsDerived) {
  for (int ordinal = 0; ordinal < kSealed; ++ordinal) {
    SCOPED_TRACE(ordinal);
    Store store;
    store.damage(store.world.directory + segment(ordinal), 200);
    for (const char* derived : {"/catalogue", "/tree", "/leaves", "/appends"})
      fs::remove_all(store.world.directory + derived);
    const auto report = store.repair();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->replaced.size(), 1U);
    for (const upkeep::StoreFinding& f : report->left)
      EXPECT_FALSE(f.where.starts_with("segments"));
    ASSERT_TRUE(store.world.open());
  }
}

// Every byte that the copy's segment may differ in: none of them gets in.
TEST(Repair, TakesNoBytesThatWereNotSigned) {
  Store store(3);
  const std::string good = bytes_in(store.copy + segment(1));
  store.damage(store.world.directory + segment(1), 200);
  const std::string damaged = bytes_in(store.world.directory + segment(1));
  for (std::size_t at = 0; at < good.size(); at += 11) {
    SCOPED_TRACE(at);
    store.damage(store.copy + segment(1), at);
    store.expect_refused("segments/00000001.seg of the copy does not help");
    EXPECT_EQ(bytes_in(store.world.directory + segment(1)), damaged);
    store.damage(store.copy + segment(1), at);
  }
}

// Signed by the same key, for the same log, and as long: but not what this log's other files say.
TEST(Repair, TakesNoSegmentOfAnotherHistory) {
  for (const int ordinal : {1, kSealed - 1}) {
    SCOPED_TRACE(ordinal);
    Store store;
    Store other(0);
    other.world.first_key = store.world.first_key;
    other.world.options = store.world.options;
    other.world.signer.add(store.world.first_key);
    unlock(store.copy);
    for (int k = 0; k < ordinal; ++k) {  // the same beginning
      fs::create_directories(other.world.directory + "/segments");
      fs::copy_file(store.copy + segment(k), other.world.directory + segment(k));
    }
    other.grow();
    fs::copy_file(other.world.directory + segment(ordinal), store.copy + segment(ordinal),
                  fs::copy_options::overwrite_existing);
    store.damage(store.world.directory + segment(ordinal), 200);
    store.expect_refused("of the copy does not help, with it the audit finds");
  }
}

// The copy was taken while the segment grew, and was closed too early by another server: it lacks
// what was acknowledged afterwards. Also when everything derived is gone and cannot speak up.
TEST(Repair, TakesNoSegmentThatEndsBeforeTheOneItReplaces) {
  Store store(1);
  ASSERT_TRUE(store.world.open());
  ASSERT_TRUE(store.world.append_events(events(3)));
  const std::string copied = std::to_string(store.world.size().value);
  store.take_copy();
  ASSERT_TRUE(store.world.append_events(events(3)));
  const std::string damaged = std::to_string(store.world.size().value);
  store.world.log.reset();
  unlock(store.world.directory);
  World closer;
  closer.options = store.world.options;
  closer.signer.add(store.world.first_key);
  for (const auto& entry : fs::directory_iterator(store.copy))
    fs::copy(entry, closer.directory + "/" + entry.path().filename().string(),
             fs::copy_options::recursive);
  store.damage(store.world.directory + segment(1), 200);
  store.expect_refused("it is not a whole sealed segment");
  ASSERT_TRUE(closer.open());
  closer.log.reset();
  unlock(closer.directory);
  fs::copy_file(closer.directory + segment(1), store.copy + segment(1),
                fs::copy_options::overwrite_existing);
  for (const char* derived : {"/catalogue", "/tree", "/leaves", "/appends"})
    fs::remove_all(store.world.directory + derived);
  store.expect_refused("it ends with " + copied + " records, the damaged one has a checkpoint of " +
                       damaged);
}

// Remains are hashes of events. They are no reason to take a segment that nobody can read for one
// whose key is there.
TEST(Repair, TakesNoSegmentThatOnlyRemainsCanReadWhileATokenHasAKeyOfItsMonth) {
  Store store;
  World& world = store.world;
  testing::SetClock later;
  later.now = env::posix_clock().now_us();
  world.clock = &later;
  store::DataKeys keys(*world.files, world.vault, env::system_random(), "varve/test");
  const auto segments = *store::all_segments(*world.files);
  store.run_for_seventy_days(later);
  for (const store::SegmentHeader& header : segments)
    ASSERT_TRUE(store::write_remains(*world.files, header, *keys.get(header), later.now));
  world.vault.destroyed.insert(segments.front().label);
  store.damage(world.directory + segment(1), 200);
  store.keys = {segments.front().label};
  store.expect_refused("although a token has the key of their month, " + segments.front().label);
  store.keys.clear();
  const auto report = store.repair();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->replaced.size(), 1U);
}

// ... nor are remains that say that the key of a running month was destroyed. It runs until the log
// has run out of it, however late it is by the host's clock.
TEST(Audit, FindsRemainsOfAMonthThatIsNotOverForTheLog) {
  for (const bool over : {false, true}) {
    Store store;
    World& world = store.world;
    testing::SetClock clock;
    clock.now = env::posix_clock().now_us() + (over ? 0 : kSeventyDaysUs);
    world.clock = &clock;
    store::DataKeys keys(*world.files, world.vault, env::system_random(), "varve/test");
    const auto segments = *store::all_segments(*world.files);
    if (over) store.run_for_seventy_days(clock);
    for (const store::SegmentHeader& header : segments)
      ASSERT_TRUE(store::write_remains(*world.files, header, *keys.get(header), clock.now));
    world.vault.destroyed.insert(segments.front().label);
    const auto report = testing::audit_store(world.options, world.environment());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->findings.empty(), over);
    const std::string said = over ? "" : report->findings.at(0).what;
    EXPECT_EQ(said.find("its remains cannot be true") == 0, !over) << said;
  }
}

TEST(Repair, OfAStoreThatIsOpenIsRefused) {
  Store store(1);
  ASSERT_TRUE(store.world.open());
  EXPECT_EQ(store.repair().error().code, Code::kWorm);
}

/// Of another log.
class StrangersMark final : public env::HighWaterMark {
 public:
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    return std::vector<env::Mark>{{merkle::sha256(bytes_of("another")), TreeSize{99}, {}}};
  }
  Result<void> write(const env::Mark&) override { return worm("it is another log's"); }
};

TEST(Repair, GoesOnWithTheMarkOfAnotherLogAndSaysThatItWasNotCompared) {
  Store store;
  store.damage(store.world.directory + segment(1), 700);
  StrangersMark mark;
  store.world.marks = &mark;
  const auto report = store.repair();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->replaced.size(), 1u);
  EXPECT_TRUE(report->left.empty());
  ASSERT_TRUE(report->mark_unknown);
  EXPECT_NE(report->mark_unknown->message.find("another log"), std::string::npos);
}

// The copy has the first of two that are damaged: it is said which one was replaced, and why the other one was not.
TEST(Repair, SaysWhatItReplacedBeforeItFailed) {
  Store store;
  const std::string damaged = bytes_in(store.world.directory + segment(0));
  for (const int ordinal : {0, 2}) store.damage(store.world.directory + segment(ordinal), 100);
  fs::remove(store.copy + segment(2));
  const auto report = store.repair();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->replaced, std::vector<std::string>{segment(0).substr(1)});
  EXPECT_EQ(report->kept, std::vector<std::string>{segment(0).substr(1) + ".damaged"});
  EXPECT_EQ(bytes_in(store.world.directory + segment(0)), damaged);
  ASSERT_TRUE(report->unfinished);
  EXPECT_NE(report->unfinished->message.find(segment(2).substr(1)), std::string::npos)
      << report->unfinished->message;
  store.expect_refused(segment(2).substr(1));  // nothing was replaced by this one
}

}  // namespace
}  // namespace varve
