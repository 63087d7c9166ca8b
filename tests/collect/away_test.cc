// Files that cannot be reached, or not be read, for a while: their disk is not mounted, a directory
// may not be entered, a block is bad. Nothing is lost and nothing taken twice once they are back.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "failing_reads.h"
#include "follower_test.h"

namespace varve::collect {
namespace {

namespace fs = std::filesystem;

class Away : public FollowerTest {
 protected:
  void pass(std::uint64_t ms) {
    for (std::uint64_t passed = 0; passed < ms; passed += 1'000) {
      clock_.ms += 1'000;
      FollowerTest::look();
    }
  }
  void expect_each_once(int events) const {
    std::vector<std::string> sorted = log_.payloads();
    std::ranges::sort(sorted);
    std::vector<std::string> expected = event_texts(0, events);
    std::ranges::sort(expected);
    EXPECT_EQ(sorted, expected);
  }
};

/// How the file d/a.log may be away. `away`: a directory beside d that is empty.
struct Absence {
  const char* what;
  void (*leave)(const fs::path& d, const fs::path& away);
  void (*come_back)(const fs::path& d, const fs::path& away);
};

void move_back(const fs::path& d, const fs::path& away) {
  fs::remove(d);
  fs::rename(away / "d", d);
}

const std::vector<Absence>& absences() {
  static const std::vector<Absence> all = {
      {"its directory is not there",
       [](const auto& d, const auto& away) { fs::rename(d, away / "d"); }, move_back},
      {"its disk is not mounted",
       [](const auto& d, const auto& away) {
         fs::rename(d, away / "d");
         fs::create_directory(d);
       },
       move_back},
      {"its directory cannot be entered",
       [](const auto& d, const auto& away) {
         fs::rename(d, away / "d");
         fs::create_symlink(d, d);
       },
       move_back},
      {"a file has the place of its directory",
       [](const auto& d, const auto& away) {
         fs::rename(d, away / "d");
         std::ofstream(d.string()) << "x\n";
       },
       move_back},
      {"it was moved", [](const auto& d, const auto& away) { fs::rename(d / "a.log", away / "x"); },
       [](const auto& d, const auto& away) { fs::rename(away / "x", d / "a.log"); }},
      {"a directory has its name",
       [](const auto& d, const auto& away) {
         fs::rename(d / "a.log", away / "x");
         fs::create_directory(d / "a.log");
       },
       [](const auto& d, const auto& away) {
         fs::remove(d / "a.log");
         fs::rename(away / "x", d / "a.log");
       }},
      {"it cannot be opened",
       [](const auto& d, const auto& away) {
         fs::rename(d / "a.log", away / "x");
         fs::create_symlink(d / "a.log", d / "a.log");
       },
       [](const auto& d, const auto& away) {
         fs::remove(d / "a.log");
         fs::rename(away / "x", d / "a.log");
       }},
  };
  return all;
}

// ... also when it is started more than once meanwhile, and when the file had been rotated or
// copied just before, with events in it that nobody had read.
TEST_F(Away, WhenItStartsAFileIsGoneOnWithWhereItWasOnceItIsBack) {
  int first = 0;
  for (const Absence& absence : absences())
    for (const std::string before : {"nothing", "renamed", "copied"}) {
      SCOPED_TRACE(testing::Message() << absence.what << ", before: " << before);
      const std::string root = std::to_string(first);
      const std::string name = root + "/d/a.log";
      const fs::path d = inputs_.path(root + "/d");
      const fs::path away = inputs_.path(root + "/away");
      fs::create_directories(d);
      fs::create_directories(away);
      inputs_.write(name, event_lines(first, first + 3));
      start({name});
      look();
      follower_.reset();
      inputs_.add(name, event_lines(first + 3, first + 4));
      if (before == "renamed") inputs_.rename(name, name + ".1");
      if (before == "copied") inputs_.copy_and_cut(name, name + ".1");
      inputs_.add(name, event_lines(first + 4, first + 5));
      absence.leave(d, away);
      for (int run = 0; run < 2; ++run) {
        start({name});
        look();
        pass(3'000);
      }
      EXPECT_FALSE(was_said("cannot be found"));
      absence.come_back(d, away);
      inputs_.add(name, event_lines(first + 5, first + 6));
      pass(kLookAnywayMs + 2'000);
      expect_each_once(first + 6);
      start({name});
      look();
      expect_each_once(first + 6);
      first += 6;
      said_.clear();
    }
}

// Another file has the path meanwhile: what was written to the first one is told to be lost, once.
// It is known all the same when it comes back.
TEST_F(Away, AFileThatWasThoughtToBeGoneIsKnownWhenItComesBack) {
  const fs::path d = inputs_.path("d");
  fs::create_directories(d);
  inputs_.write("d/a.log", event_lines(0, 3));
  start({"d/a.log"});
  look();
  fs::rename(d, inputs_.path("away"));
  fs::create_directory(d);
  inputs_.write("d/a.log", event_lines(3, 5));
  start({"d/a.log"});
  look();
  EXPECT_TRUE(was_said("cannot be found"));
  said_.clear();
  start({"d/a.log"});
  look();
  EXPECT_FALSE(was_said("cannot be found"));
  fs::rename(d, inputs_.path("other"));
  fs::rename(inputs_.path("away"), d);
  inputs_.add("d/a.log", event_lines(5, 6));
  pass(2'000);
  start({"d/a.log"});
  look();
  expect_each_once(6);
}

// Positions of rotated files too, however many: none is forgotten while everything is away.
TEST_F(Away, WhatWasBesideAPathBeforeItWasFollowedIsNotTakenWhenItComesBack) {
  const fs::path d = inputs_.path("d");
  fs::create_directories(d);
  const int rotated = static_cast<int>(kGoneMax) + 10;
  for (int i = 1; i <= rotated; ++i)
    inputs_.write("d/a.log." + std::to_string(i), event_lines(100 + i, 101 + i));
  inputs_.write("d/a.log", event_lines(0, 1));
  start({"d/a.log"});
  look();
  fs::rename(d, inputs_.path("away"));
  fs::create_directory(d);
  start({"d/a.log"});
  look();
  pass(kLookAnywayMs + 1'000);
  fs::remove(d);
  fs::rename(inputs_.path("away"), d);
  pass(kLookAnywayMs + 1'000);
  expect_each_once(1);
}

/// Lines of 50,000 bytes, so that a file has more than is read at once.
std::string long_line(int i) {
  return std::to_string(100 + i) + std::string(49'996, 'x') + "\n";
}

// The events before it are taken, and it is known that they are.
TEST_F(Away, AReadErrorInTheMiddleOfAFileLosesAndDoublesNothing) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += long_line(i);
  const std::string file = inputs_.write("a.log", text);
  start();
  {
    const FailingReads failing(file, 256u << 10);
    look();
    EXPECT_EQ(log_.payloads().size(), 5u);
    EXPECT_EQ(said_.size(), 1u);
    start();
    look();
    EXPECT_EQ(log_.payloads().size(), 5u);
  }
  pass(2'000);
  ASSERT_EQ(log_.payloads().size(), 12u);
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(log_.payloads()[static_cast<std::size_t>(i)] + "\n", long_line(i));
}

// The same of a file at whose beginning a start cannot look.
TEST_F(Away, AReadErrorWhenItStartsLosesAndDoublesNothing) {
  for (const std::string name : {"a.log", "a.log.1"}) {
    SCOPED_TRACE(name);
    const int first = static_cast<int>(log_.payloads().size());
    const std::string live = std::to_string(first) + name.substr(0, 5);
    inputs_.write(live, event_lines(first, first + 2));
    start({live});
    look();
    follower_.reset();
    inputs_.add(live, event_lines(first + 2, first + 3));
    if (name != "a.log") {
      inputs_.rename(live, live + ".1");
      inputs_.write(live, event_lines(first + 3, first + 4));
    } else {
      inputs_.add(live, event_lines(first + 3, first + 4));
    }
    {
      const FailingReads failing(inputs_.path(name == "a.log" ? live : live + ".1"), 0);
      start({live});
      look();
      pass(2'000);
      EXPECT_FALSE(was_said("cannot be found"));
      EXPECT_FALSE(was_said("came and went unseen"));
    }
    pass(kLookAnywayMs + 1'000);
    expect_each_once(first + 4);
    start({live});
    look();
    expect_each_once(first + 4);
  }
}

// It is given up while what was taken of it is in no batch yet, and the new file is read.
TEST_F(Away, AReadErrorInARotatedFileLosesAndDoublesNothing) {
  const std::string file = inputs_.write("a.log", event_lines(0, 2));
  start();
  ASSERT_TRUE(follower_->poll());
  inputs_.add("a.log", event_lines(2, 4));
  inputs_.rename("a.log", "a.log.1");
  inputs_.write("a.log", event_lines(4, 5));
  const std::vector<std::string> readable = {"event 0", "event 1", "event 4"};
  {
    const FailingReads failing(inputs_.path("a.log.1"), 16);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(follower_->poll());
    pass(2'000);
    EXPECT_EQ(log_.payloads(), readable);
    start();
    look();
    EXPECT_EQ(log_.payloads(), readable);
  }
  pass(kLookAnywayMs + 1'000);
  expect_each_once(5);
  start();
  look();
  expect_each_once(5);
}

// Whatever is under the path, what was rotated away from it is read to its end, and a late writer
// is waited for; also after a start.
TEST_F(Away, WhatCannotBeReadKeepsNoRotatedFileFromBeingRead) {
  inputs_.write("a.log", event_lines(0, 2));
  start();
  look();
  inputs_.add("a.log", event_lines(2, 3));
  inputs_.rename("a.log", "a.log.1");
  fs::create_directory(inputs_.path("a.log"));
  pass(2'000);
  EXPECT_EQ(log_.payloads(), event_texts(0, 3));
  inputs_.add("a.log.1", event_lines(3, 4));
  pass(2'000);
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
  inputs_.add("a.log.1", event_lines(4, 5));
  start();
  pass(2'000);
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
  EXPECT_EQ(std::ranges::count_if(said_,
                                  [](const std::string& line) {
                                    return line.find("not a regular file") != std::string::npos;
                                  }),
            2);  // once in each life
}

}  // namespace
}  // namespace varve::collect
