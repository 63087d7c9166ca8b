// A log has one writer. Whoever removes or replaces what keeps a second one out stops the first one,
// before it signs anything else.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "ledger/upkeep/audit.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::events;
using testing::World;

/// Looks for as long as it takes; a test that never sees it is ended from outside.
void until_stopped(const World& world) {
  while (world.log->status().state != LogState::kFaulted)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

/// What somebody does to a live store, and how it is put right again.
struct Tampering {
  const char* name;
  void (*does)(const std::string& directory);
  void (*undoes)(const std::string& directory);
};

const Tampering kTamperings[] = {
    {"TheLockFileIsRemoved", [](const std::string& at) { fs::remove(at + "/lock"); },
     [](const std::string&) {}},
    {"AnotherLockFileIsPutInItsPlace",
     [](const std::string& at) {
       fs::copy(at + "/lock", at + "/new");
       fs::rename(at + "/new", at + "/lock");
     },
     [](const std::string&) {}},
    {"TheDirectoryIsMovedAway", [](const std::string& at) { fs::rename(at, at + "-away"); },
     [](const std::string& at) { fs::rename(at + "-away", at); }},
    {"ACopyOfTheDirectoryIsPutInItsPlace",
     [](const std::string& at) {
       fs::rename(at, at + "-away");
       fs::copy(at + "-away", at, fs::copy_options::recursive);
     },
     [](const std::string& at) {
       fs::remove_all(at);
       fs::rename(at + "-away", at);
     }},
};

class OneWriter : public ::testing::TestWithParam<Tampering> {};

TEST_P(OneWriter, StopsBeforeItSignsAgainWhen) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(3)));
  const int signatures = world.signer.asked;
  const std::string newest = world.log->latest()->note;
  GetParam().does(world.directory);
  const auto refused = world.append_events(events(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kIo);
  EXPECT_NE(refused.error().message.find("was removed or replaced"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(world.signer.asked, signatures);
  EXPECT_EQ(world.log->latest()->note, newest) << "reads go on";
  world.log->stop();
  EXPECT_EQ(world.signer.asked, signatures);
  world.log.reset();
  GetParam().undoes(world.directory);
  const auto report = testing::audit_store(world.options, world.environment());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->findings.empty());
  ASSERT_TRUE(world.open());
  EXPECT_TRUE(world.append_events(events(3)));
}

TEST_P(OneWriter, StopsThoughNothingIsAppendedWhen) {
  World world;
  ASSERT_TRUE(world.open());
  GetParam().does(world.directory);
  until_stopped(world);
  world.log.reset();
  GetParam().undoes(world.directory);
}

INSTANTIATE_TEST_SUITE_P(Somebody, OneWriter, ::testing::ValuesIn(kTamperings),
                         [](const auto& of) { return std::string(of.param.name); });

// A stale lock file is what people remove. What keeps the second writer out cannot be removed.
TEST(TwoWriters, AreNotPossibleThoughTheLockFileIsRemoved) {
  World world;
  ASSERT_TRUE(world.open());
  fs::remove(world.directory + "/lock");
  const auto second = Log::open(world.options, world.environment());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kWorm);
}

/// A place for marks to which a second process writes as well: it is always a little faster.
class SharedMarks final : public env::HighWaterMark {
 public:
  explicit SharedMarks(std::uint64_t ahead) : ahead_(ahead) {}
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    return std::vector<env::Mark>{};
  }
  Result<void> write(const env::Mark& mark) override {
    const env::Mark other{mark.log, TreeSize{mark.size.value + ahead_},
                          merkle::sha256(bytes_of("the root of another history"))};
    return env::may_replace(other, mark, "the mark");
  }

 private:
  const std::uint64_t ahead_;
};

class MarkOfASecondWriter : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(MarkOfASecondWriter, StopsTheLog) {
  SharedMarks marks(GetParam());
  World world;
  world.marks = &marks;
  ASSERT_TRUE(world.open());
  until_stopped(world);
  EXPECT_NE(world.log->status().reason.find("another process writes"), std::string::npos)
      << world.log->status().reason;
  const int signatures = world.signer.asked;
  EXPECT_EQ(world.append_events(events(1)).error().code, Code::kIo);
  EXPECT_EQ(world.signer.asked, signatures);
}

/// A place that is given to another log while this one runs.
class PlaceOfAnotherLog final : public env::HighWaterMark {
 public:
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    return std::vector<env::Mark>{};
  }
  Result<void> write(const env::Mark& mark) override {
    return env::may_replace({merkle::sha256(bytes_of("other")), TreeSize{1}, {}}, mark, "the mark");
  }
};

TEST(MarkOfAnotherLog, StopsTheLog) {
  PlaceOfAnotherLog marks;
  World world;
  world.marks = &marks;
  ASSERT_TRUE(world.open());
  until_stopped(world);
  EXPECT_NE(world.log->status().reason.find("is the high-water mark of another log"),
            std::string::npos)
      << world.log->status().reason;
}

INSTANTIATE_TEST_SUITE_P(RecordsAhead, MarkOfASecondWriter, ::testing::Values(0, 1, 1'000'000));

}  // namespace
}  // namespace varve
