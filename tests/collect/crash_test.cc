// Nothing is lost and nothing is taken twice, whatever call the collector dies at and however the
// machine ends. Every call of the scenario, every kind of crash, every kind of ending; and then
// the same with a second crash during the recovery from the first.
#include <gtest/gtest.h>

#include <functional>

#include "tools/collect/file_reader.h"
#include "workbench.h"

namespace varve::collect {
namespace {

constexpr BatchLimits kThree{3, 1u << 20, 200};

/// What one process does, from start to end; an error ends it early.
using Life = std::function<Result<void>(Process&, ChainLog&)>;

struct World {
  CrashDisk disk;
  HandClock clock;
  ChainLog log;
};

Result<void> live_once(World& world, const Life& life) {
  Process process(world.disk, world.clock, kThree);
  if (!process.started()) return process.why_not();
  return life(process, world.log);
}

void die_at(World& world, const Life& life, std::uint64_t call, Fault fault, Ending ending) {
  world.disk.arm(call, fault);
  static_cast<void>(live_once(world, life));
  world.disk.restart(ending);
}

void live_to_the_end(World& world, const Life& life) {
  const Result<void> lived = live_once(world, life);
  EXPECT_TRUE(lived) << lived.error().message;
}

std::uint64_t calls_of(const Life& life) {
  World world;
  make_collector(world.disk);
  world.disk.disarm();
  live_to_the_end(world, life);
  return world.disk.calls();
}

void every_death(const Life& life, const std::vector<std::string>& expected) {
  const std::uint64_t calls = calls_of(life);
  ASSERT_GT(calls, 20u);
  for (std::uint64_t call = 0; call < calls; ++call)
    for (const Fault fault : kCrashes)
      for (const Ending ending : kEndings) {
        SCOPED_TRACE(testing::Message()
                     << "call " << call << " fault " << int(fault) << " ending " << int(ending));
        World world;
        make_collector(world.disk);
        die_at(world, life, call, fault, ending);
        live_to_the_end(world, life);
        ASSERT_EQ(world.log.payloads(), expected);
      }
}

void every_two_deaths(const Life& life, const std::vector<std::string>& expected) {
  const std::uint64_t calls = calls_of(life);
  for (std::uint64_t first = 0; first < calls; ++first)
    for (std::uint64_t second = 0; second < calls; ++second)
      for (const Ending ending : {Ending::kKilled, Ending::kPowerNothing}) {
        SCOPED_TRACE(testing::Message()
                     << "calls " << first << ", " << second << " ending " << int(ending));
        World world;
        make_collector(world.disk);
        die_at(world, life, first, Fault::kCrashAfter, ending);
        die_at(world, life, second, Fault::kCrashTorn, ending);
        live_to_the_end(world, life);
        ASSERT_EQ(world.log.payloads(), expected);
      }
}

class Crash : public testing::Test {
 protected:
  Inputs inputs_;
  const std::atomic<bool> never_ = false;
  const std::string lines_ = inputs_.write("a.log", event_lines(0, 8));
  const std::string document_ = inputs_.write("b.json", R"({"event": "a document"})");
  const std::vector<std::string> expected_ = [] {
    std::vector<std::string> texts = event_texts(0, 8);
    texts.emplace_back(R"({"event": "a document"})");
    return texts;
  }();

  Result<void> read_all(Process& process) const {
    FileReader reader(process.intake(), process.spool(), never_);
    RETURN_IF_ERROR(reader.read(lines_));
    RETURN_IF_ERROR(reader.read(document_));
    return reader.finish();
  }
  const Life read_then_send_ = [this](Process& process, ChainLog& log) -> Result<void> {
    RETURN_IF_ERROR(read_all(process));
    return process.send_to(log);
  };
};

TEST_F(Crash, AtAnyCallOfReadingAndSendingLosesAndDoublesNothing) {
  every_death(read_then_send_, expected_);
}

TEST_F(Crash, DuringTheRecoveryFromAnyCrashLosesAndDoublesNothing) {
  every_two_deaths(read_then_send_, expected_);
}

// The sender runs while the reader is between two batches.
TEST_F(Crash, WhileSendingBetweenTwoFilesLosesAndDoublesNothing) {
  const Life life = [this](Process& process, ChainLog& log) -> Result<void> {
    FileReader reader(process.intake(), process.spool(), never_);
    RETURN_IF_ERROR(reader.read(lines_));
    RETURN_IF_ERROR(process.send_to(log));
    RETURN_IF_ERROR(reader.read(document_));
    RETURN_IF_ERROR(reader.finish());
    return process.send_to(log);
  };
  every_death(life, expected_);
}

// A call that fails, done or not, ends the process with an error, and the next one goes on.
TEST_F(Crash, AFailedCallEndsTheProcessAndNothingIsLost) {
  const std::uint64_t calls = calls_of(read_then_send_);
  for (std::uint64_t call = 0; call < calls; ++call)
    for (const Fault fault : {Fault::kFails, Fault::kFailsDone, Fault::kFull}) {
      SCOPED_TRACE(testing::Message() << "call " << call << " fault " << int(fault));
      World world;
      make_collector(world.disk);
      world.disk.arm(call, fault);
      EXPECT_FALSE(live_once(world, read_then_send_)) << "the failure went unseen";
      world.disk.restart(Ending::kKilled);
      live_to_the_end(world, read_then_send_);
      ASSERT_EQ(world.log.payloads(), expected_);
    }
}

// The next run of the same command says that there is nothing new.
TEST_F(Crash, ReadingTheSameFilesAgainTakesNothing) {
  World world;
  make_collector(world.disk);
  for (int i = 0; i < 3; ++i) live_to_the_end(world, read_then_send_);
  EXPECT_EQ(world.log.payloads(), expected_);
}

}  // namespace
}  // namespace varve::collect
