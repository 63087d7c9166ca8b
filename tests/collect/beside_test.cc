// Files in the directory of a followed one: which are taken, which are left out and reported, how one is known
// again.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "follower_test.h"
#include "tools/collect/file_reader.h"

namespace varve::collect {
namespace {

class Beside : public FollowerTest {
 protected:
  /// Twice, since the first may only notice; then it is quiet for long enough, and once more.
  void look() {
    for (const std::uint64_t ms : {std::uint64_t{0}, std::uint64_t{0}, kQuietMs}) {
      clock_.ms += ms;
      FollowerTest::look();
    }
  }

  void start_and_look() {
    start();
    look();
  }

  void remove(const std::string& name) const { std::filesystem::remove(inputs_.path(name)); }

  [[nodiscard]] FileId id(const std::string& name) const {
    return stat_input(inputs_.path(name))->file;
  }
};

// Not by its time: that of an unknown file may be any.
TEST_F(Beside, WhatWasThereBeforeIsNeverTakenAndWhatComesLaterIs) {
  inputs_.write("a.log.2", event_lines(10, 12));
  inputs_.write("a.log", event_lines(0, 1));
  start_and_look();
  start_and_look();
  const std::string later = inputs_.write("a.log.1", event_lines(1, 3));
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(later, std::filesystem::last_write_time(later) - 24h);
  start_and_look();
  start_and_look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 3));
  EXPECT_TRUE(was_said("a.log.1 came and went unseen"));
}

// While it runs too, and though nothing else happens to the path.
TEST_F(Beside, AnUnknownFileIsNoticedByALookNowAndThen) {
  start_and_look();
  inputs_.write("a.log", "");
  look();
  inputs_.write("a.log.1", event_lines(0, 2));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 2));
}

// It is followed from the moment on at which it was first looked, though there was nothing to take.
TEST_F(Beside, WhatWasRotatedBeforeAnythingWasTakenIsFoundAfterAKill) {
  inputs_.write("a.log", "");
  start_and_look();
  inputs_.write("a.log", event_lines(0, 2));
  inputs_.copy_and_cut("a.log", "a.log.1");
  inputs_.add("a.log", event_lines(2, 4));
  inputs_.rename("a.log", "a.log.2");
  inputs_.write("a.log", event_lines(4, 5));
  start_and_look();
  start_and_look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
}

// The new file differs from the deleted one in nothing but the time of its birth.
TEST_F(Beside, AnInodeThatIsUsedAgainIsANewFile) {
  inputs_.write("a.log", event_lines(0, 1));
  start_and_look();
  inputs_.copy_and_cut("a.log", "a.log.1");
  look();
  inputs_.add("a.log", event_lines(1, 2));
  look();  // spools that a.log.1 was read to its end
  const FileId first = id("a.log.1");
  for (bool reused = false; !reused;) {  // ... once its inode and another moment have come
    remove("a.log.1");
    inputs_.write("a.log.1", event_lines(0, 1));
    const FileId now = id("a.log.1");
    if (now.inode != first.inode && now.born_ns - first.born_ns > 2'000'000'000)
      GTEST_SKIP() << "this file system does not use an inode again soon";
    reused = now.inode == first.inode && now.born_ns != first.born_ns;
  }
  start_and_look();
  EXPECT_EQ(log_.payloads(), (std::vector<std::string>{"event 0", "event 1", "event 0"}));
  EXPECT_TRUE(was_said("came and went unseen"));
}

// ... or, where there is no such time, in its content.
TEST_F(Beside, AFileOfTheSameInodeWithOtherContentIsANewFile) {
  inputs_.write("a.log", event_lines(0, 2));
  start_and_look();
  inputs_.copy_and_cut("a.log", "a.log.1");
  look();
  inputs_.add("a.log", event_lines(2, 3));
  look();  // spools that a.log.1 was read to its end
  inputs_.write("a.log.1", event_lines(3, 5));
  start_and_look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
}

TEST_F(Beside, WhatALateWriterAddsIsTakenAlsoAfterARestart) {
  inputs_.write("a.log", event_lines(0, 1));
  start_and_look();
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", event_lines(1, 2));
  look();
  inputs_.add("a.log", event_lines(2, 3));
  look();  // spools that a.log.1 was read to its end
  inputs_.add("a.log.1", event_lines(3, 4));
  start_and_look();
  start_and_look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

TEST_F(Beside, ACopyOfWhatTheFileStillHasIsLeftOutAndThatIsSaidOnce) {
  inputs_.write("a.log", event_lines(0, 2));
  start_and_look();
  inputs_.write("a.log.1", event_lines(0, 2));
  inputs_.add("a.log", event_lines(2, 3));
  look();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 3));
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("it is left out until that is cut"), std::string::npos);
}

// What was taken between the copy and the cut: the copy has less than what was taken.
TEST_F(Beside, ACopyThatIsShorterThanWhatWasTakenIsNotTakenAgain) {
  inputs_.write("a.log", event_lines(0, 2));
  start_and_look();
  inputs_.write("a.log.1", event_lines(0, 2));
  inputs_.add("a.log", event_lines(2, 3));
  look();
  inputs_.write("a.log", event_lines(3, 4));
  look();
  start_and_look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

TEST_F(Beside, AShortCopyIsKnownAfterAKillByItsHeadWhenItHasAWholeOne) {
  const std::string half(kHeadSize / 2, 'x');
  inputs_.write("a.log", half + "\n" + half + "\n");
  start_and_look();
  inputs_.write("a.log.1", half + "\n" + half + "\n");
  inputs_.add("a.log", event_lines(0, 1));
  look();
  inputs_.write("a.log", event_lines(1, 2));
  start_and_look();
  start_and_look();
  EXPECT_EQ(log_.payloads(), (std::vector<std::string>{half, half, "event 0", "event 1"}));
  EXPECT_TRUE(was_said("is a copy of what was taken already, and shorter"));
}

// The cut comes in the middle of a look, just before the copy is held against the file: it is a
// copy still.
TEST_F(Beside, ACopyIsKnownThoughTheFileIsCutWhileItIsLookedAt) {
  inputs_.write("a.log", event_lines(0, 2));
  start_and_look();
  inputs_.write("a.log.1", std::string("x\0y\n", 4));  // the older one: its line comes first
  using namespace std::chrono_literals;
  const std::string older = inputs_.path("a.log.1");
  std::filesystem::last_write_time(older, std::filesystem::last_write_time(older) - 1h);
  inputs_.write("a.log.2", event_lines(0, 2));
  when_said_ = [this] { inputs_.write("a.log", event_lines(2, 3)); };
  look();
  EXPECT_FALSE(when_said_);
  EXPECT_EQ(log_.payloads(), event_texts(0, 3));
}

TEST_F(Beside, WhatIsNotTextIsLeftOutAndThatIsSaidOnce) {
  inputs_.write("a.log", event_lines(0, 1));
  start_and_look();
  inputs_.write("a.log.1", std::string("x\0y\n", 4));
  look();
  look();
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("is not text"), std::string::npos);
}

TEST_F(Beside, AFileThatIsFollowedItselfIsNotTakenUnderAnothersNameToo) {
  inputs_.write("a.log", event_lines(0, 1));
  start({"a.log", "a.log-2"});
  look();
  inputs_.write("a.log-2", event_lines(1, 3));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 3));
}

// Two followed paths that come to lead to one file, by a rotation or by a link.
TEST_F(Beside, AFileIsReadUnderOneOfTwoPathsThatLeadToIt) {
  inputs_.write("a.log", event_lines(0, 2));
  start({"a.log", "a.log-2", "b.log"});
  look();
  inputs_.rename("a.log", "a.log-2");
  inputs_.write("a.log", event_lines(2, 3));
  look();
  inputs_.add("a.log-2", event_lines(3, 4));
  look();
  std::filesystem::create_symlink("a.log", inputs_.path("b.log"));
  look();
  inputs_.add("a.log", event_lines(4, 5));
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
  EXPECT_TRUE(was_said("a.log-2 leads to a file that is read as"));
  EXPECT_TRUE(was_said("b.log leads to a file that is read as"));
}

// Rotation by `cp` over the last copy, which keeps its inode and is held open: whether the new copy
// is longer or shorter, read before the cut or after it.
TEST_F(Beside, ACopyThatIsWrittenOverByTheNextOneLosesAndDoublesNothing) {
  for (const int longer : {1, 4})
    for (const bool looks_before_the_cut : {false, true}) {
      SCOPED_TRACE(testing::Message() << longer << looks_before_the_cut);
      int event = static_cast<int>(log_.payloads().size());
      const std::string live = std::to_string(event) + ".log";
      inputs_.write(live, event_lines(event, event + 2));
      event += 2;
      start({live});
      look();
      for (int round = 0; round < 3; ++round) {
        const int more = round % 2 == 0 ? longer : 2;
        inputs_.add(live, event_lines(event, event + more));
        event += more;
        std::filesystem::copy_file(inputs_.path(live), inputs_.path(live + ".1"),
                                   std::filesystem::copy_options::overwrite_existing);
        if (looks_before_the_cut) FollowerTest::look();
        inputs_.write(live, "");
        FollowerTest::look();
        inputs_.add(live, event_lines(event, event + 1));
        ++event;
        look();
      }
      start({live});
      look();
      EXPECT_EQ(log_.payloads(), event_texts(0, event));
      EXPECT_FALSE(was_said("is lost") || was_said("came and went unseen"));
    }
}

// ... and each older copy by the one after it.
TEST_F(Beside, CopiesThatAreShiftedByCopyingLoseAndDoubleNothing) {
  inputs_.write("a.log", event_lines(0, 1));
  start();
  look();
  int event = 1;
  const auto copy = [this](const std::string& from, const std::string& to) {
    if (std::filesystem::exists(inputs_.path(from)))
      std::filesystem::copy_file(inputs_.path(from), inputs_.path(to),
                                 std::filesystem::copy_options::overwrite_existing);
  };
  for (int round = 0; round < 5; ++round) {
    inputs_.add("a.log", event_lines(event, event + 2));
    event += 2;
    copy("a.log.2", "a.log.3");
    copy("a.log.1", "a.log.2");
    copy("a.log", "a.log.1");
    inputs_.write("a.log", "");
    look();
  }
  EXPECT_EQ(log_.payloads(), event_texts(0, event));
}

// Not read to its end, and written over: that is a loss.
TEST_F(Beside, WhatIsWrittenOverBeforeItIsKnownToBeReadIsTold) {
  inputs_.write("a.log", event_lines(0, 1));
  start();
  look();
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", event_lines(1, 2));
  for (int i = 0; i < 2; ++i) FollowerTest::look();
  inputs_.write("a.log.1", "something else\n");
  look();
  EXPECT_TRUE(was_said("was written over"));
  EXPECT_EQ(log_.payloads(), (std::vector<std::string>{"event 0", "event 1", "something else"}));
}

// No name changes then, so that nothing but the content tells of it: nothing is taken from where
// the old one had been read to.
TEST_F(Beside, WhatIsWrittenOverIsTakenFromItsBeginningThoughNoNameChanged) {
  for (const std::string wrote : {"e", "something", "something else", "something else again"}) {
    SCOPED_TRACE(wrote);
    const std::string live = wrote + ".log";
    inputs_.write(live, event_lines(0, 1));
    start({live});
    FollowerTest::look();
    inputs_.rename(live, live + ".1");
    inputs_.write(live, event_lines(1, 2));
    for (int i = 0; i < 2; ++i) FollowerTest::look();
    const std::size_t before = log_.payloads().size();
    inputs_.write(live + ".1", wrote + "\n");
    for (int i = 0; i < 3; ++i) FollowerTest::look();
    look();
    ASSERT_EQ(log_.payloads().size(), before + 1);
    EXPECT_EQ(log_.payloads().back(), wrote);
  }
}

// Each rotation leaves a position, and it leaves again some time after its file did.
TEST_F(Beside, PositionsOfFilesThatAreGoneAreForgotten) {
  start_and_look();
  std::filesystem::create_directory(inputs_.path("gone"));  // so that no inode is used again
  for (int i = 0; i < 100; ++i) {
    inputs_.write("a.log", event_lines(i, i + 1));
    look();
    inputs_.rename("a.log", "a.log.1");
    look();
    inputs_.rename("a.log.1", "gone/" + std::to_string(i));
  }
  EXPECT_EQ(log_.payloads(), event_texts(0, 100));
  EXPECT_LE(process_->spool().positions_of(inputs_.path("a.log")).size(), kGoneMax + kHeldMax + 5);
}

// The mark and the first positions are there before anything was taken, or nothing is.
TEST_F(Beside, IsFollowedDurablyBeforeTheFirstEvent) {
  inputs_.write("a.log", "");
  inputs_.write("a.log.1", event_lines(5, 6));
  start();
  ASSERT_TRUE(follower_->poll());
  disk_.restart(Ending::kPowerNothing);
  inputs_.write("a.log.2", event_lines(0, 1));
  start_and_look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 1));
}

}  // namespace
}  // namespace varve::collect
