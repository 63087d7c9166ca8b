// Rotated files that are held open, paths that lead elsewhere from one look to the next, and more
// files than may be open.
#include <gtest/gtest.h>

#include <algorithm>

#include "follower_test.h"

namespace varve::collect {
namespace {

namespace fs = std::filesystem;

class Held : public FollowerTest {
 protected:
  void pass(std::uint64_t ms) {
    for (std::uint64_t passed = 0; passed < ms; passed += 1'000) {
      clock_.ms += 1'000;
      FollowerTest::look();
    }
  }
  void remove(const std::string& name) const { fs::remove(inputs_.path(name)); }
  [[nodiscard]] std::vector<std::string> sorted_payloads() const {
    std::vector<std::string> sorted = log_.payloads();
    std::ranges::sort(sorted, {},
                      [](const std::string& text) { return std::stoi(text.substr(6)); });
    return sorted;
  }
};

/// A writer that keeps its file open whatever becomes of its name.
class LateWriter {
 public:
  explicit LateWriter(const std::string& path) : file_(path, std::ios::binary | std::ios::app) {}
  void write(int event) { file_ << event_lines(event, event + 1) << std::flush; }

 private:
  std::ofstream file_;
};

// Moved within the directory, moved away, removed: for nearly as long as it is held, again and
// again.
TEST_F(Held, ALateWriterIsReadWhateverBecameOfTheNameOfItsFile) {
  fs::create_directory(inputs_.path("old"));
  int event = 0;
  for (const std::string became : {"a.log.1", "old/a.log", ""}) {
    SCOPED_TRACE(became);
    LateWriter writer(inputs_.path("a.log"));
    writer.write(event++);
    start({"a.log"}, {100'000, 100});
    look();
    became.empty() ? remove("a.log") : inputs_.rename("a.log", became);
    inputs_.write("a.log", "");
    for (const std::uint64_t pause : {1'000, 14'000, 97'000, 97'000}) {
      pass(pause);
      writer.write(event++);
      pass(2'000);
      EXPECT_EQ(log_.payloads(), event_texts(0, event));
    }
    pass(kQuietMs);
  }
  EXPECT_EQ(said_, std::vector<std::string>{});
}

TEST_F(Held, WhatIsLetGoOfIsSaidWhereNoNameOfItIsLeft) {
  for (const bool beside : {true, false}) {
    LateWriter writer(inputs_.path("a.log"));
    writer.write(0);
    start({"a.log"}, {20'000, 100});
    look();
    beside ? inputs_.rename("a.log", "a.log.1") : remove("a.log");
    inputs_.write("a.log", "");
    pass(19'000);
    EXPECT_FALSE(was_said("is let go of"));
    pass(3'000);
    EXPECT_EQ(was_said("is let go of"), !beside);
    writer.write(1);
    pass(kLookAnywayMs + 2'000);
    EXPECT_EQ(std::ranges::count(log_.payloads(), "event 1"), 1);  // of the one beside
  }
}

// What was read to its end is whole, whoever deletes or overwrites it, and however this process
// ends.
TEST_F(Held, NoLossIsToldOfAFileThatWasReadToItsEnd) {
  for (const Ending ending : kEndings)
    for (const bool overwritten : {false, true}) {
      const int first = static_cast<int>(log_.payloads().size());
      const std::string live = std::to_string(first) + ".log";
      inputs_.write(live, event_lines(first, first + 2));
      start({live});
      look();
      inputs_.rename(live, live + ".1");
      inputs_.write(live, event_lines(first + 2, first + 3));
      pass(kQuietMs + 1'000);
      disk_.restart(ending);
      if (overwritten) {
        inputs_.rename(live, live + ".1");
        inputs_.write(live, event_lines(first + 3, first + 4));
      } else {
        remove(live + ".1");
        inputs_.add(live, event_lines(first + 3, first + 4));
      }
      start({live});
      look();
      look();
      EXPECT_EQ(log_.payloads(), event_texts(0, first + 4));
      EXPECT_EQ(said_, std::vector<std::string>{});
    }
}

// Not read to its end: the loss is true, once another file shows that this one is not only away.
TEST_F(Held, ALossIsToldWhenAFileGrewWhileNobodyReadItAndWasReplaced) {
  inputs_.write("a.log", event_lines(0, 2));
  start();
  look();
  follower_.reset();
  inputs_.add("a.log", event_lines(2, 3));
  remove("a.log");
  start();
  look();
  EXPECT_FALSE(was_said("cannot be found"));
  inputs_.write("a.log", event_lines(3, 4));
  look();
  EXPECT_TRUE(was_said("cannot be found"));
  said_.clear();
  start();
  look();
  EXPECT_FALSE(was_said("cannot be found"));  // once
}

// The name that a file is moved to is followed too. Once the path that had the file lets go of it,
// the other one goes on where that was: while it runs, and after a start, whichever is named first.
TEST_F(Held, AFileThatIsMovedToAnotherFollowedPathIsTakenOnce) {
  for (const bool started_again : {false, true})
    for (const bool added : {false, true})
      for (const std::string moved_to : {"previous.log", "previous.log.1"}) {
        SCOPED_TRACE(testing::Message() << moved_to << (added ? ", followed later" : "")
                                        << (started_again ? ", started again" : ""));
        const int first = static_cast<int>(log_.payloads().size());
        const std::string run = std::to_string(first);
        const std::vector<std::string> names = {run + "current.log", run + "previous.log"};
        inputs_.write(names[0], event_lines(first, first + 2));
        start(added ? std::vector<std::string>{names[0]} : names, {10'000, 100});
        look();
        LateWriter writer(inputs_.path(names[0]));
        inputs_.rename(names[0], run + moved_to);
        inputs_.write(names[0], "");
        writer.write(first + 2);
        pass(kQuietMs + 5'000);
        if (started_again || added) start({names[1], names[0]}, {10'000, 100});
        pass(kLookAnywayMs + 2'000);
        EXPECT_EQ(sorted_payloads(), event_texts(0, first + 3));
        writer.write(first + 3);
        inputs_.add(names[0], event_lines(first + 4, first + 5));
        pass(kLookAnywayMs + 2'000);
        EXPECT_EQ(sorted_payloads(), event_texts(0, first + 5));
        start(names, {10'000, 100});
        pass(2'000);
        EXPECT_EQ(sorted_payloads(), event_texts(0, first + 5));
      }
}

class Switched : public Held {
 protected:
  void SetUp() override {
    Held::SetUp();
    for (const char* version : {"v1", "v2"}) fs::create_directories(inputs_.path(version) + "/log");
    point_to("v1");
  }
  void point_to(const std::string& version) const {
    fs::create_directory_symlink(version, inputs_.path("next"));
    inputs_.rename("next", "current");
  }
};

TEST_F(Switched, WhatIsUnderThePathIsFollowedAndTheOldFileReadToItsEnd) {
  const std::string path = "current/log/a.log";
  LateWriter before(inputs_.path("v1/log/a.log"));
  before.write(0);
  start({path});
  look();
  inputs_.write("v2/log/a.log", event_lines(2, 3));
  before.write(1);
  point_to("v2");
  pass(1'000);
  EXPECT_EQ(sorted_payloads(), event_texts(0, 3));
  before.write(3);
  inputs_.add("v2/log/a.log", event_lines(4, 5));
  pass(1'000);
  EXPECT_EQ(sorted_payloads(), event_texts(0, 5));
  EXPECT_EQ(said_, std::vector<std::string>{});
}

// A deployment that is taken back, while the old file is open and when it is not any more.
TEST_F(Switched, BackToAFileThatWasReadTakesNothingTwice) {
  const std::string path = "current/log/a.log";
  inputs_.write("v1/log/a.log", event_lines(0, 1));
  inputs_.write("v2/log/a.log", event_lines(1, 2));
  start({path}, {20'000, 100});
  look();
  int event = 2;
  for (const std::uint64_t pause : {1'000, 15'000, 30'000})
    for (const std::string version : {"v2", "v1"}) {
      point_to(version);
      pass(pause);
      inputs_.add(version + "/log/a.log", event_lines(event, event + 1));
      ++event;
      pass(2'000);
      EXPECT_EQ(log_.payloads(), event_texts(0, event));
    }
  start({path});
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, event));
}

// Earlier versions kept what they knew under the name that a path has without links.
TEST_F(Switched, WhatIsKnownUnderTheNameWithoutLinksIsKnownUnderThePath) {
  inputs_.write("v1/log/a.log", event_lines(0, 2));
  start({"v1/log/a.log"});
  look();
  inputs_.add("v1/log/a.log", event_lines(2, 3));
  for (int run = 0; run < 2; ++run) {
    start({"current/log/a.log"});
    look();
    EXPECT_EQ(log_.payloads(), event_texts(0, 3));
  }
  EXPECT_TRUE(process_->spool().positions_of(inputs_.path("v1/log/a.log")).empty());
  EXPECT_EQ(said_, std::vector<std::string>{});
}

TEST_F(Held, AFileThatIsMissingIsWaitedForAloud) {
  start();
  look();
  EXPECT_TRUE(was_said("it is waited for"));
  pass(60'000);
  EXPECT_EQ(said_.size(), 1u);
  inputs_.write("a.log", event_lines(0, 1));
  look();
  EXPECT_TRUE(was_said("a.log is followed now"));
  said_.clear();
  inputs_.rename("a.log", "a.log.1");  // a moment without a file is how renaming works
  pass(kMissingMs - 1'000);
  EXPECT_EQ(said_, std::vector<std::string>{});
  pass(2'000);
  EXPECT_TRUE(was_said("it is waited for"));
}

// Both cannot be read: each is said once, not one in turn with the other.
TEST_F(Held, AFileThatCannotBeReadIsSaidOnce) {
  for (const char* name : {"a.log", "b.log"}) fs::create_directory(inputs_.path(name));
  start({"a.log", "b.log"});
  pass(10'000);
  EXPECT_EQ(said_.size(), 2u);
}

class ManyFiles : public Held {
 protected:
  static std::string name(int i) { return "f" + std::to_string(i) + ".log"; }
  [[nodiscard]] std::vector<std::string> names(int count) const {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back(name(i));
    return all;
  }
};

TEST_F(ManyFiles, AreFollowedAsFarAsTheyMayBeOpenAndTheRestIsSaid) {
  for (int i = 0; i < 6; ++i) inputs_.write(name(i), event_lines(i, i + 1));
  start(names(6), {3'600'000, 4});
  pass(2'000);
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
  EXPECT_EQ(said_.size(), 2u);
  EXPECT_TRUE(was_said(name(5) + " is not followed: this process may open no more files"));
  start(names(6), {3'600'000, 6});
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 6));
}

// A rotated file that is held gives way to one that a path leads to.
TEST_F(ManyFiles, TakeTheSlotsOfQuietRotatedOnes) {
  for (int i = 0; i < 3; ++i) inputs_.write(name(i), event_lines(i, i + 1));
  start(names(3), {3'600'000, 3});
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 3));
  inputs_.rename(name(0), name(0) + ".1");
  pass(2'000);
  inputs_.write(name(0), event_lines(3, 4));
  pass(kQuietMs + 2'000);
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

// However many rotated files are next to a path: the process keeps descriptors for the rest.
TEST_F(ManyFiles, BesideAPathAreReadAFewAtATime) {
  inputs_.write("a.log", event_lines(0, 1));
  for (int i = 0; i < 40; ++i) inputs_.write("a.log.x" + std::to_string(i), "not one of them\n");
  start({"a.log"}, {3'600'000, 5});
  look();
  for (int i = 1; i < 40; ++i) {
    const std::string rotated =
        inputs_.write("a.log." + std::to_string(100 + i), event_lines(i, i + 1));
    using namespace std::chrono_literals;
    fs::last_write_time(rotated, fs::last_write_time(rotated) - 1h + i * 1s);
  }
  for (int i = 0; i < 400 && log_.payloads().size() < 40; ++i) pass(1'000);
  EXPECT_EQ(sorted_payloads().size(), 40u);
  EXPECT_EQ(sorted_payloads(), event_texts(0, 40));
  start({"a.log"}, {3'600'000, 5});
  pass(3'000);
  EXPECT_EQ(log_.payloads().size(), 40u);
}

// As while the spool is full: nobody looks, and files are rotated all the same.
TEST_F(Held, WhatWasRotatedSinceTheLastLookIsCountedAsNotTaken) {
  const std::string one = event_lines(0, 1);
  inputs_.write("a.log.9", event_lines(100, 200));  // from before: it is never taken
  inputs_.write("a.log", one);
  start();
  look();
  EXPECT_EQ(follower_->behind_bytes(), 0u);
  inputs_.add("a.log", event_lines(1, 3));
  inputs_.rename("a.log", "a.log.3");
  inputs_.write("a.log.2", event_lines(3, 6));
  inputs_.write("a.log.1", event_lines(6, 10));
  inputs_.write("a.log.4.gz", event_lines(0, 100));
  inputs_.write("a.log", event_lines(9, 10));
  EXPECT_EQ(follower_->behind_bytes(), (2 + 3 + 4 + 1) * one.size());
  pass(3'000);
  EXPECT_EQ(follower_->behind_bytes(), 0u);
  EXPECT_EQ(log_.payloads().size(), 11u);
}

TEST_F(Held, OfAFileThatIsClosedOnlyWhatWasAddedCountsAsNotTaken) {
  inputs_.write("a.log", event_lines(0, 3));
  start({"a.log"}, {1'000, 100});
  look();
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", "");
  pass(kQuietMs + 3'000);
  start({"a.log"}, {1'000, 100});  // it is not open
  EXPECT_EQ(follower_->behind_bytes(), 0u);
  inputs_.add("a.log.1", "late\n");
  EXPECT_EQ(follower_->behind_bytes(), 5u);
  pass(kLookAnywayMs + 2'000);
  EXPECT_EQ(follower_->behind_bytes(), 0u);
  EXPECT_EQ(log_.payloads().size(), 4u);
}

// Before the cut a copy has nothing that the file has not; after it the copy alone has what was not taken.
TEST_F(Held, ACopyCountsWithWhatWasNotTakenBeforeTheCut) {
  const std::string more = "not taken\n";
  inputs_.write("a.log", event_lines(0, 3));
  start();
  look();
  inputs_.add("a.log", more);
  fs::copy_file(inputs_.path("a.log"), inputs_.path("a.log.1"));
  EXPECT_EQ(follower_->behind_bytes(), more.size());
  fs::resize_file(inputs_.path("a.log"), 0);
  EXPECT_EQ(follower_->behind_bytes(), more.size());
  pass(3'000);
  EXPECT_EQ(follower_->behind_bytes(), 0u);
  EXPECT_EQ(log_.payloads().size(), 4u);
}

// The path leads to a file that there is no descriptor for.
TEST_F(Held, AFileThatMayNotBeOpenedCountsAsNotTaken) {
  inputs_.write("a.log", event_lines(0, 1));
  inputs_.write("b.log", event_lines(1, 3));
  start({"a.log", "b.log"}, {1'000, 1});
  look();
  EXPECT_EQ(follower_->behind_bytes(), event_lines(1, 3).size());
}

}  // namespace
}  // namespace varve::collect
