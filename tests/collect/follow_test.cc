// Following growing files: partial lines, both ways of rotation, and a crash at every call while
// the files are rotated under the follower's feet.
#include <gtest/gtest.h>

#include <algorithm>

#include "follower_test.h"
#include "ledger/merkle/tree.h"
#include "tools/collect/refusal.h"

namespace varve::collect {
namespace {

class Following : public FollowerTest {
 protected:
  /// After a restart that takes what is missing of so many events, another finds nothing to take.
  void expect_taken_once(int events) {
    for (int run = 0; run < 2; ++run) {
      start();
      look();
      EXPECT_EQ(log_.payloads(), event_texts(0, events));
    }
  }

  void write_old(const std::string& name) const {
    using namespace std::chrono_literals;
    const std::string path = inputs_.write(name, "older, and read by nobody\n");
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - 1h);
  }

  void be_quiet() { clock_.ms += kQuietMs; }
};

TEST_F(Following, TakesWhatIsThereAndThenWhatIsAdded) {
  inputs_.write("a.log", event_lines(0, 5));
  start();
  look();
  inputs_.add("a.log", event_lines(5, 9));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 9));
}

TEST_F(Following, KnowsHowFarItIsBehindAndWhichFilesItHasNot) {
  inputs_.write("a.log", event_lines(0, 2) + "half a li");
  start({"a.log", "b.log"});
  look();
  EXPECT_EQ(follower_->behind_bytes(), 9u);
  EXPECT_EQ(follower_->missing_files(), 1u);
  inputs_.add("a.log", "ne\nand");
  EXPECT_EQ(follower_->behind_bytes(), 15u);
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", "new");
  inputs_.write("b.log", "");
  look();
  EXPECT_EQ(follower_->behind_bytes(), 6u) << "of both";
  EXPECT_EQ(follower_->missing_files(), 0u);
}

TEST_F(Following, MissesAFileThatWasDeletedMovedOrCannotBeReadAnyMore) {
  inputs_.write("a.log", event_lines(0, 2));
  start();
  EXPECT_EQ(follower_->missing_files(), 0u) << "nobody has looked yet";
  look();
  EXPECT_EQ(follower_->missing_files(), 0u);
  std::filesystem::remove(inputs_.path("a.log"));
  look();
  EXPECT_EQ(follower_->missing_files(), 1u);
  inputs_.write("a.log", event_lines(2, 4));
  look();
  EXPECT_EQ(follower_->missing_files(), 0u);
  inputs_.rename("a.log", "elsewhere");
  look();
  EXPECT_EQ(follower_->missing_files(), 1u);
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

TEST_F(Following, WaitsForTheEndOfALineHoweverItArrives) {
  inputs_.write("a.log", "");
  start();
  for (const char c : event_lines(0, 4)) {
    inputs_.add("a.log", std::string(1, c));
    look();
  }
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

TEST_F(Following, WaitsForAFileThatIsNotThereYet) {
  start();
  look();
  inputs_.write("a.log", event_lines(0, 2));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 2));
}

TEST_F(Following, GoesOnAfterARestartWhereItWas) {
  inputs_.write("a.log", event_lines(0, 5) + "event");
  start();
  look();
  inputs_.add("a.log", " 5\n" + event_lines(6, 8));
  start();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
  EXPECT_TRUE(said_.empty());
}

TEST_F(Following, ReadsARenamedFileToItsEndEvenWhenItsWriterIsLate) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.add("a.log", event_lines(3, 4));
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", event_lines(6, 8));
  look();
  inputs_.add("a.log.1", event_lines(4, 5) + "event 5");  // the last line never gets its newline
  look();
  be_quiet();
  look();
  std::vector<std::string> sorted = log_.payloads();
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, event_texts(0, 8));
}

TEST_F(Following, FindsTheRestOfARenamedFileAfterARestart) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.add("a.log", event_lines(3, 6));
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", event_lines(6, 8));
  start();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
  be_quiet();
  start();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
}

TEST_F(Following, FindsInTheCopyWhatWasCutAway) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.add("a.log", event_lines(3, 6));
  inputs_.copy_and_cut("a.log", "a.log.1");
  look();
  inputs_.add("a.log", event_lines(6, 8));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
  EXPECT_TRUE(said_.empty());
}

// It knows the path, and has read nothing of the file that is there now.
TEST_F(Following, FindsInTheCopyWhatWasCutAwayBeforeItReadTheFirstLine) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", event_lines(3, 6));
  start();
  inputs_.copy_and_cut("a.log", "a.log.2");
  inputs_.add("a.log", event_lines(6, 8));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
  inputs_.copy_and_cut("a.log", "a.log.3");
  inputs_.add("a.log", event_lines(8, 9));
  look();
  start();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 9));
}

TEST_F(Following, FindsInTheCopyWhatWasCutAwayFromAFileThatWasEmptyWhenItLooked) {
  inputs_.write("a.log", "");
  start();
  look();
  inputs_.add("a.log", event_lines(0, 3));
  inputs_.copy_and_cut("a.log", "a.log.1");
  inputs_.add("a.log", event_lines(3, 4));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

TEST_F(Following, FindsInTheCopyWhatWasCutAwayWhileItWasNotRunningAndHadReadNothingOfIt) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", "");
  look();
  inputs_.add("a.log.1", event_lines(3, 4));
  look();  // spools that, and that the new file was empty
  inputs_.add("a.log", event_lines(4, 6));
  inputs_.copy_and_cut("a.log", "a.log.2");
  inputs_.add("a.log", event_lines(6, 8));
  expect_taken_once(8);
}

// The copy is made, in part or whole, and nothing is cut yet: the file itself has it all.
TEST_F(Following, TakesNothingTwiceWhenItFirstLooksBetweenTheCopyAndTheCut) {
  const std::string lines = event_lines(0, 5);
  for (std::size_t copied = 0; copied <= lines.size(); ++copied) {
    SCOPED_TRACE(copied);
    const std::string copy = "a.log." + std::to_string(copied);
    inputs_.write("a.log", "");
    start();
    inputs_.write("a.log", lines);
    inputs_.write(copy, lines.substr(0, copied));
    look();
    inputs_.write(copy, lines);
    inputs_.write("a.log", "");
    look();
    inputs_.write("a.log", "x\n");
    look();
    std::vector<std::string> expected;
    for (std::size_t round = 0; round <= copied; ++round) {
      for (const std::string& event : event_texts(0, 5)) expected.push_back(event);
      expected.push_back("x");
    }
    EXPECT_EQ(log_.payloads(), expected);
  }
}

TEST_F(Following, FindsInTheCopyWhatWasCutAwayWhileItWasNotRunning) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.add("a.log", event_lines(3, 6));
  inputs_.copy_and_cut("a.log", "a.log-20261121");
  inputs_.add("a.log", event_lines(6, 8));
  expect_taken_once(8);
}

// The new content is longer than the old one was: only its bytes tell.
TEST_F(Following, NoticesAFileThatWasCutAndGrewPastWhereItWas) {
  inputs_.write("a.log", event_lines(0, 2));
  start();
  look();
  inputs_.copy_and_cut("a.log", "a.log.1");
  inputs_.add("a.log", event_lines(2, 9));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 9));
}

// Two rotations while it was down: the file in between was never open here.
TEST_F(Following, ReadsWhatCameAndWentWhileItWasNotRunning) {
  write_old("a.log.3");
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.add("a.log", event_lines(3, 4));
  inputs_.rename("a.log", "a.log.2");
  inputs_.write("a.log", event_lines(4, 6));
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log.1.gz", "compressed");
  inputs_.write("a.log", event_lines(6, 8));
  expect_taken_once(8);
}

TEST_F(Following, ReadsWhatCameAndWentBetweenTwoLooks) {
  write_old("a.log.3");
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.rename("a.log", "a.log.2");
  inputs_.write("a.log", event_lines(3, 5));
  inputs_.copy_and_cut("a.log", "a.log.1");
  inputs_.add("a.log", event_lines(5, 8));
  look();  // notices
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
}

TEST_F(Following, SaysWhenARestIsNowhereToBeFound) {
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  std::filesystem::remove(inputs_.path("a.log"));
  inputs_.write("a.log", event_lines(3, 5));
  start();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("cannot be found"), std::string::npos);
}

TEST_F(Following, RefusesAloudALineThatNoRecordHoldsAndGoesOn) {
  inputs_.write("a.log", event_lines(0, 1) + std::string(300'000, 'x') + "\n" + event_lines(1, 2));
  start();
  look();
  ASSERT_EQ(log_.payloads().size(), 3u);
  EXPECT_EQ(log_.payloads()[1], refusal_text(inputs_.path("a.log") + ":2", 300'000,
                                             merkle::sha256(bytes_of(std::string(300'000, 'x')))));
  EXPECT_EQ(process_->intake().count().refused, 1u);
  ASSERT_EQ(process_->said.size(), 1u);
  EXPECT_NE(process_->said[0].find("a.log:2: an event of 300000 bytes"), std::string::npos);
}

/// What happens to the files, step by step, while the follower runs, dies, and runs again.
using Steps = std::vector<std::function<void(const Inputs&)>>;

const Steps& renames() {
  static const Steps steps = {
      [](const Inputs& in) { in.write("a.log", event_lines(0, 4) + "even"); },
      [](const Inputs& in) { in.add("a.log", "t 4\n"); },
      [](const Inputs& in) {
        in.rename("a.log", "a.log.1");
        in.write("a.log", event_lines(5, 9));
      },
      [](const Inputs& in) { in.add("a.log", event_lines(9, 11)); }};
  return steps;
}

const Steps& copies() {
  static const Steps steps = {[](const Inputs& in) { in.write("a.log", event_lines(0, 5)); },
                              [](const Inputs& in) {
                                in.add("a.log", event_lines(5, 7));
                                in.copy_and_cut("a.log", "a.log.1");
                              },
                              [](const Inputs& in) { in.add("a.log", event_lines(7, 11)); }};
  return steps;
}

/// One life of the follower under a fault that may end it; the steps go on either way.
class FollowedWorld {
 public:
  FollowedWorld() { make_collector(disk); }

  void run(const Steps& steps, Ending ending) {
    for (const auto& step : steps) {
      step(inputs_);
      if (!look()) {
        disk.restart(ending);
        follower_.reset();
        process_.reset();
        ASSERT_TRUE(look());
      }
    }
  }

  CrashDisk disk;
  ChainLog log;

 private:
  bool look() {
    if (!follower_) {
      process_.emplace(disk, clock_, kFollowed);
      if (!process_->started()) return false;
      follower_.emplace(std::vector{inputs_.path("a.log")}, process_->intake(), process_->spool(),
                        clock_, FollowOptions{},
                        [](const std::string& line) { ADD_FAILURE() << line; });
    }
    for (int i = 0; i < 8; ++i)
      if (!follower_->poll()) return false;
    return follower_->flush() && process_->send_to(log);
  }

  Inputs inputs_;
  HandClock clock_;
  std::optional<Process> process_;
  std::optional<Follower> follower_;
};

void every_death_while(const Steps& steps) {
  FollowedWorld whole;
  whole.disk.disarm();
  whole.run(steps, Ending::kKilled);
  const std::uint64_t calls = whole.disk.calls();
  ASSERT_EQ(whole.log.payloads(), event_texts(0, 11));
  for (std::uint64_t call = 0; call < calls; ++call)
    for (const Fault fault : kCrashes)
      for (const Ending ending : kEndings) {
        SCOPED_TRACE(testing::Message()
                     << "call " << call << " fault " << int(fault) << " ending " << int(ending));
        FollowedWorld world;
        world.disk.arm(call, fault);
        world.run(steps, ending);
        ASSERT_EQ(world.log.payloads(), event_texts(0, 11));
      }
}

TEST(FollowingThroughCrashes, LosesAndDoublesNothingWhileFilesAreRenamed) {
  every_death_while(renames());
}

TEST(FollowingThroughCrashes, LosesAndDoublesNothingWhileFilesAreCopiedAndCut) {
  every_death_while(copies());
}

}  // namespace
}  // namespace varve::collect
