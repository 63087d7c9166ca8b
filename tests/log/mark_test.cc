// The high-water mark at work: a store that is older than it, or another, is refused unchanged.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "ledger/store/mark_file.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::events;
using testing::World;

/// Marks in memory, which a test can make fail.
class Marks final : public env::HighWaterMark {
 public:
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    if (fails) return busy("away");
    if (is_damaged) return corrupt("the high-water mark is damaged");
    return kept;
  }
  Result<void> write(const env::Mark& mark) override {
    ++asked;
    const std::lock_guard wait(pause);
    if (fails) return busy("away");
    kept = {mark};
    return {};
  }
  std::atomic<int> asked = 0;  // to write
  std::mutex pause;            // held by a test: writing hangs
  std::vector<env::Mark> kept;
  std::atomic<bool> fails = false;
  bool is_damaged = false;  // set while no log is open
};

/// A log whose store can be put back to what it was when keep() was called.
struct Marked {
  Marks marks;  // outlives the log
  World world;
  std::string old;

  Marked() : old(world.directory + "-old") { world.marks = &marks; }
  ~Marked() { fs::remove_all(old); }
  Marked(const Marked&) = delete;
  Marked& operator=(const Marked&) = delete;

  /// Returns the size of the log then.
  TreeSize append(int times) {
    CHECK(world.open().has_value());
    for (int k = 0; k < times; ++k) CHECK(world.append_events(events(3)).has_value());
    const TreeSize size = world.size();
    world.log.reset();
    return size;
  }
  void unlock() const {
    ASSERT_EQ(std::system(("chattr -R -f -i " + world.directory + "; true").c_str()), 0);
  }
  void keep() const { fs::copy(world.directory, old, fs::copy_options::recursive); }
  void put_back() const {
    unlock();
    for (const auto& entry : fs::directory_iterator(world.directory)) fs::remove_all(entry);
    fs::copy(old, world.directory, fs::copy_options::recursive);
  }
  std::string refusal(Code code = Code::kCorrupt) {
    const auto opened = world.open();
    EXPECT_FALSE(opened);
    if (opened) return "opened";
    EXPECT_EQ(opened.error().code, code);
    return opened.error().message;
  }
  Result<upkeep::AuditReport> audit() {
    return testing::audit_store(world.options, world.environment());
  }
};

TEST(HighWaterMark, IsTheNewestCheckpointAfterACleanStop) {
  Marked log;
  const TreeSize size = log.append(2);
  ASSERT_EQ(log.marks.kept.size(), 1U);
  const env::Mark mark = log.marks.kept[0];  // an open log writes it from its own thread
  EXPECT_EQ(mark.size, size);
  ASSERT_TRUE(log.world.open());
  EXPECT_EQ(log.world.log->latest()->checkpoint.root, mark.root);
}

TEST(HighWaterMark, RefusesAnOlderCopyOfTheStoreAndSaysWhatItExpected) {
  Marked log;
  const TreeSize older = log.append(1);
  log.keep();
  const TreeSize newer = log.append(2);
  log.put_back();
  const std::string why = log.refusal();
  EXPECT_NE(
      why.find("its newest checkpoint covers " + std::to_string(older.value) +
               " records, the mark says " + std::to_string(newer.value) + " records with root"),
      std::string::npos)
      << why;
  const auto report = log.audit();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_NE(report->findings[0].what.find("older than its high-water mark"), std::string::npos);
}

TEST(HighWaterMark, RefusesAnEmptyStoreInPlaceOfOneThatWasDeleted) {
  Marked log;
  const TreeSize size = log.append(1);
  log.unlock();
  for (const auto& entry : fs::directory_iterator(log.world.directory)) fs::remove_all(entry);
  EXPECT_NE(log.refusal().find("covers 0 records, the mark says " + std::to_string(size.value)),
            std::string::npos);
  EXPECT_TRUE(fs::is_empty(log.world.directory + "/segments"));
}

// Two histories from one beginning, both signed by the log's key: only one is that of the mark.
TEST(HighWaterMark, RefusesAnotherHistoryThatIsAsLong) {
  Marked log;
  log.append(1);
  log.keep();
  const TreeSize size = log.append(2);
  const auto first = log.marks.kept;
  log.put_back();
  log.marks.kept.clear();
  log.append(3);
  log.marks.kept = first;
  const std::string why = log.refusal();
  EXPECT_NE(why.find("another history than its high-water mark: the mark says " +
                     std::to_string(size.value) + " records"),
            std::string::npos)
      << why;
  EXPECT_EQ(log.audit()->findings.size(), 1U);
}

// A crash leaves the newest segment open. It stays as it is: the right copy may yet be at hand.
TEST(HighWaterMark, RefusesBeforeItChangesTheOpenSegment) {
  Marked log;
  ASSERT_TRUE(log.world.open());
  ASSERT_TRUE(log.world.append_events(events(3)));
  log.keep();
  ASSERT_TRUE(log.world.append_events(events(3)));
  log.world.log.reset();
  log.put_back();
  const std::string segment = log.world.directory + "/segments/00000000.seg";
  const auto size = fs::file_size(segment);
  EXPECT_NE(log.refusal().find("older"), std::string::npos);
  EXPECT_EQ(fs::file_size(segment), size);
}

TEST(HighWaterMark, IsALowerBound) {
  Marked log;
  log.append(1);
  const auto low = log.marks.kept;
  log.append(3);
  log.marks.kept = low;
  ASSERT_TRUE(log.world.open());
  EXPECT_TRUE(log.world.append_events(events(1)));
}

// It would count as none: the log would open, and every older copy of it.
TEST(HighWaterMark, OfAnotherLogKeepsTheLogClosed) {
  const env::Mark other{merkle::sha256(bytes_of("audit.example.org/other")), TreeSize{3}, {}};
  for (const bool alone : {true, false}) {
    Marked log;
    log.append(1);
    if (alone) log.marks.kept.clear();
    log.marks.kept.push_back(other);
    const std::string why = log.refusal(Code::kInvalid);
    EXPECT_NE(why.find("is that of another log"), std::string::npos) << why;
    EXPECT_NE(why.find("put back this log's mark"), std::string::npos) << why;
    const auto report = log.audit();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->findings.empty()) << "the wrong file was given: no verdict by it";
    ASSERT_TRUE(report->mark_unknown);
    EXPECT_NE(report->mark_unknown->message.find("is that of another log"), std::string::npos);
  }
}

TEST(HighWaterMark, ThatIsDamagedIsNoVerdictAboutTheStore) {
  Marked log;
  log.append(1);
  log.marks.is_damaged = true;
  EXPECT_EQ(log.world.open().error().code, Code::kCorrupt);
  const auto report = log.audit();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->findings.empty());
  EXPECT_TRUE(report->mark_unknown);
}

TEST(HighWaterMark, ThatCannotBeReadKeepsTheLogClosed) {
  Marked log;
  log.append(1);
  log.marks.fails = true;
  EXPECT_EQ(log.world.open().error().code, Code::kBusy);
}

// Nobody waits for those who come after the publication.
TEST(HighWaterMark, ThatHangsDelaysNoAcknowledgement) {
  Marked log;
  TreeSize size;
  {
    const std::lock_guard hangs(log.marks.pause);
    ASSERT_TRUE(log.world.open());
    size = log.world.size();
    while (log.marks.asked == 0) std::this_thread::yield();
    for (int k = 0; k < 3; ++k) ASSERT_TRUE(log.world.append_events(events(3)));
    size.value += 1 + 3 * 4;  // the sender, and three times three events and their seal
    EXPECT_EQ(log.world.size(), size);
    EXPECT_EQ(log.marks.asked, 1);
  }
  log.world.log->stop();
  EXPECT_EQ(log.marks.kept.at(0).size, size);
}

TEST(HighWaterMark, ThatCannotBeWrittenIsCountedAndTheLogGoesOn) {
  Marked log;
  ASSERT_TRUE(log.world.open());
  log.marks.fails = true;
  ASSERT_TRUE(log.world.append_events(events(3)));
  log.world.log->stop();
  EXPECT_GE(log.world.log->status().mark_failures, 1U);
  EXPECT_LT(log.world.log->status().mark, log.world.size());
}

}  // namespace
}  // namespace varve
