// varve-collect from the outside: what it prints, how it ends, and many rounds of kill -9.
#include "program.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "fake_log.h"
#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"

namespace varve::collect {
namespace {

void expect_each_once(const std::vector<std::string>& got, int events) {
  std::map<std::string, int> times;
  for (const std::string& event : got) ++times[event];
  for (const std::string& event : event_texts(0, events)) EXPECT_EQ(times[event], 1) << event;
  EXPECT_EQ(times.size(), static_cast<std::size_t>(events));
}

class Collecting : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env::initialize());
    const Ended made = run({"init", "--dir", dir_, "--source", "test/source", "--origin", kOrigin,
                            "--url", log_.url(), "--vkey", format::format_vkey(log_.first_key())});
    ASSERT_EQ(made.code, 0) << made.err;
    vkey_ = made.out.substr(0, made.out.size() - 1);
    log_.register_source(*format::parse_vkey(vkey_));
  }

  Ended run(const std::vector<std::string>& arguments, const std::string& input = "") const {
    return run_program(arguments, outputs_.path(), input);
  }

  void expect_receipts_hold() const {
    const Ended checked = run({"receipts", "verify", "--dir", dir_});
    EXPECT_EQ(checked.code, 0) << checked.err;
  }

  FakeLog log_;
  Inputs inputs_;
  env::TemporaryDirectory outputs_;
  std::string dir_ = outputs_.path() + "/collector";
  std::string vkey_;
};

TEST_F(Collecting, InitMakesADirectoryAndAKeyThatOnlyTheOwnerCanRead) {
  using std::filesystem::perms;
  const auto mode = [](const std::string& path) {
    return std::filesystem::status(path).permissions() & perms::all;
  };
  EXPECT_EQ(mode(dir_), perms::owner_all);
  EXPECT_EQ(mode(dir_ + "/key"), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::file_size(dir_ + "/key"), 32u);
  std::ifstream in(dir_ + "/register.note");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto note = format::parse_note(text);
  ASSERT_TRUE(note);
  EXPECT_TRUE(format::verify_note(*note, std::vector{*format::parse_vkey(vkey_)}));
}

TEST_F(Collecting, InitRefusesADirectoryThatIsInUse) {
  const Ended again = run({"init", "--dir", dir_, "--source", "test/source", "--origin", kOrigin,
                           "--url", log_.url(), "--vkey", format::format_vkey(log_.first_key())});
  EXPECT_EQ(again.code, tools::exit_code(Code::kWorm));
}

TEST_F(Collecting, ADirectoryThatOthersMayEnterIsRefused) {
  std::filesystem::permissions(dir_, std::filesystem::perms(0750));
  EXPECT_EQ(run({"status", "--dir", dir_}).code, tools::exit_code(Code::kInvalid));
}

TEST_F(Collecting, RegisterPostsTheNote) {
  const std::string token = inputs_.write("operator", "secret\n");
  const Ended done = run({"register", "--dir", dir_, "--bearer-file", token});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(log_.source_key(), vkey_);
}

TEST_F(Collecting, AppendSendsAndSummarisesInOneLine) {
  inputs_.write("a.log", event_lines(0, 10));
  const Ended done = run({"append", "--dir", dir_, "--batch-events", "4", inputs_.path("a.log")});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out,
            "1 file (0 with nothing new): 10 events spooled in 3 batches, 0 refused; "
            "3 batches sent, 0 waiting\n");
  EXPECT_EQ(log_.payloads(), event_texts(0, 10));
  expect_receipts_hold();
}

TEST_F(Collecting, StandardInputIsLines) {
  const Ended done = run({"append", "--dir", dir_, "-"}, event_lines(0, 7) + "event 7");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
}

TEST_F(Collecting, TheExitCodeSaysThatSomethingWasRefused) {
  const Ended done =
      run({"append", "--dir", dir_, "-"}, event_lines(0, 1) + std::string(70'000, 'x') + "\n");
  EXPECT_EQ(done.code, tools::exit_code(Code::kInvalid));
  EXPECT_NE(done.err.find("standard input:2: an event of 70000 bytes"), std::string::npos);
  EXPECT_EQ(log_.payloads().size(), 2u);  // with the record of it
  EXPECT_NE(run({"status", "--dir", dir_}).out.find("refused 1 event too large"),
            std::string::npos);
}

// Each takes its place in the summary and the exit code; the rest goes in.
TEST_F(Collecting, AppendGoesOnAfterWhatCannotBeRead) {
  inputs_.write("a.log", event_lines(0, 1));
  std::filesystem::create_symlink("nowhere", inputs_.path("b.log"));
  inputs_.write("c.log", event_lines(1, 2));
  const std::string directory = std::filesystem::path(inputs_.path("a.log")).parent_path();
  const Ended done = run({"append", "--dir", dir_, directory + "/missing", directory});
  EXPECT_EQ(done.code, tools::exit_code(Code::kInvalid));
  EXPECT_NE(done.err.find("b.log"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("missing"), std::string::npos) << done.err;
  EXPECT_NE(done.out.find("2 events spooled in 1 batch, 2 refused"), std::string::npos) << done.out;
  EXPECT_EQ(log_.payloads(), event_texts(0, 2));
}

TEST_F(Collecting, SendSaysWhatItSent) {
  EXPECT_EQ(
      run({"append", "--dir", dir_, "--spool-only", "--batch-events", "2", "-"}, event_lines(0, 3))
          .code,
      0);
  EXPECT_EQ(run({"send", "--dir", dir_}).out, "2 batches with 3 events sent, 0 waiting\n");
  EXPECT_EQ(run({"send", "--dir", dir_}).out, "0 batches with 0 events sent, 0 waiting\n");
}

TEST_F(Collecting, FollowRefusesWhatIsNoFileAndOneFileUnderTwoNames) {
  const std::string file = inputs_.write("a.log", "");
  const std::string directory = std::filesystem::path(file).parent_path();
  const std::string pipe = inputs_.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("a.log", inputs_.path("link.log"));
  const auto refused = [&](const std::vector<std::string>& paths) {
    std::vector<std::string> all = {"follow", "--dir", dir_};
    all.insert(all.end(), paths.begin(), paths.end());
    const Ended ended = run(all);
    EXPECT_EQ(ended.code, tools::exit_code(Code::kInvalid)) << ended.err;
    return ended.err;
  };
  EXPECT_NE(refused({directory}).find("is a directory"), std::string::npos);
  EXPECT_NE(refused({pipe}).find("append -"), std::string::npos);
  EXPECT_NE(refused({file, inputs_.path("link.log")}).find("are one file"), std::string::npos);
  std::filesystem::create_hard_link(file, inputs_.path("hard.log"));
  EXPECT_NE(refused({file, inputs_.path("hard.log")}).find("are one file"), std::string::npos);
  for (const std::string ending : {".1", "-20261128", ".2.gz"}) {  // a shell's a.log*
    const std::string said = refused({inputs_.write("a.log" + ending, "x\n"), file});
    EXPECT_NE(said.find("name " + file + " alone"), std::string::npos) << said;
  }
}

// It has nothing to take, and the log knows that it is there, and that it was stopped.
TEST_F(Collecting, FollowSaysThatItStartedAndThatItStops) {
  Program follower({"follow", "--dir", dir_, inputs_.path("missing.log")}, outputs_.path());
  ASSERT_TRUE(follower.runs_until([&] { return log_.heartbeats().size() == 1; }));
  EXPECT_NE(log_.heartbeats()[0].find("\ninterval 3600\nwaiting 0\n"), std::string::npos);
  follower.signal(SIGTERM);
  EXPECT_EQ(follower.wait().code, 0);
  ASSERT_EQ(log_.heartbeats().size(), 2u);
  EXPECT_NE(log_.heartbeats()[1].find("\ninterval 0\n"), std::string::npos);
}

TEST_F(Collecting, ASecondProcessIsRefused) {
  inputs_.write("a.log", event_lines(0, 1));
  env::TemporaryDirectory outputs;
  Program follower({"follow", "--dir", dir_, inputs_.path("a.log")}, outputs.path());
  ASSERT_TRUE(follower.runs_until([&] { return !log_.payloads().empty(); }));
  const Ended second = run({"send", "--dir", dir_});
  EXPECT_EQ(second.code, tools::exit_code(Code::kWorm)) << second.err;
  EXPECT_EQ(run({"status", "--dir", dir_}).code, 0);
}

TEST_F(Collecting, AFullSpoolStopsReadingAndSendMakesRoomForTheRest) {
  inputs_.write("a.log", event_lines(0, 400));
  const std::vector<std::string> append = {"append",         "--dir",       dir_,
                                           "--spool-only",   "--spool-max", "20000",
                                           "--batch-events", "50",          inputs_.path("a.log")};
  Ended done = run(append);
  EXPECT_EQ(done.code, tools::exit_code(Code::kFull));
  EXPECT_NE(done.err.find("may hold 20000"), std::string::npos) << done.err;
  for (int i = 0; i < 10 && done.code != 0; ++i) {
    EXPECT_EQ(run({"send", "--dir", dir_}).code, 0);
    done = run(append);
  }
  EXPECT_EQ(run({"send", "--dir", dir_}).code, 0);
  EXPECT_EQ(log_.payloads(), event_texts(0, 400));
}

TEST_F(Collecting, AFullSpoolMakesAppendWaitForItsOwnSender) {
  inputs_.write("a.log", event_lines(0, 400));
  log_.next({Trick::Kind::kRefuse, 503, "", "", {}});
  const Ended done = run({"append", "--dir", dir_, "--spool-max", "20000", "--batch-events", "50",
                          inputs_.path("a.log")});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(log_.payloads(), event_texts(0, 400));
}

// Nothing outside shows that it has read, only that it stopped with it: so it gets more time until
// it had enough. No batch is old enough before the last of these times is over.
TEST_F(Collecting, FollowSealsWhatItReadWhenItIsStopped) {
  inputs_.write("a.log", event_lines(0, 5));
  for (int ms = 100; ms < 60'000 && log_.payloads().empty(); ms *= 2) {
    Program follower({"follow", "--dir", dir_, "--batch-age-ms", "60000", inputs_.path("a.log")},
                     outputs_.path());
    ASSERT_FALSE(follower.ends_within(ms));
    follower.signal(SIGTERM);
    const Ended done = follower.wait();
    EXPECT_EQ(run({"send", "--dir", dir_}).code, 0);
    if (!log_.payloads().empty()) {
      EXPECT_EQ(done.code, 0) << done.err;
    }
  }
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
}

TEST_F(Collecting, RotatesItsKeyAndGoesOn) {
  EXPECT_EQ(run({"append", "--dir", dir_, "-"}, event_lines(0, 2)).code, 0);
  const Ended rotated = run({"rotate-key", "--dir", dir_});
  EXPECT_EQ(rotated.code, 0) << rotated.err;
  EXPECT_NE(rotated.out, vkey_ + "\n");
  EXPECT_EQ(log_.source_key() + "\n", rotated.out);
  EXPECT_EQ(run({"append", "--dir", dir_, "-"}, event_lines(2, 4)).code, 0);
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

// The log took the new key, and nobody here knows: nothing may be sealed until that is settled.
TEST_F(Collecting, ARotationWhoseReplyWasLostIsFinishedTheNextTime) {
  log_.next({Trick::Kind::kLoseReply, 0, "", "", {}});
  EXPECT_EQ(run({"rotate-key", "--dir", dir_}).code, tools::exit_code(Code::kBusy));
  const Ended refused = run({"append", "--dir", dir_, "-"}, event_lines(0, 2));
  EXPECT_EQ(refused.code, tools::exit_code(Code::kInvalid));
  EXPECT_NE(refused.err.find("rotate-key"), std::string::npos);
  EXPECT_EQ(run({"rotate-key", "--dir", dir_}).code, 0);
  EXPECT_EQ(run({"append", "--dir", dir_, "-"}, event_lines(0, 2)).code, 0);
  EXPECT_EQ(log_.payloads(), event_texts(0, 2));
}

TEST_F(Collecting, IsKilledAgainAndAgainWhileAppendingAndLosesAndDoublesNothing) {
  constexpr int kEvents = 20'000;
  inputs_.write("a.log", event_lines(0, kEvents));
  const std::vector<std::string> append = {"append",         "--dir", dir_,
                                           "--batch-events", "100",   inputs_.path("a.log")};
  int kills = 0;
  for (int round = 0;; ++round) {
    // One at a time: after many in a row a sender is right to give up.
    if (round % 3 == 0 && log_.tricks_left() == 0)
      log_.next({Trick::Kind::kLoseReply, 0, "", "", {}});
    Program program(append, outputs_.path());
    if (kills >= 40) {
      const Ended done = program.wait();
      ASSERT_EQ(done.code, 0) << done.err;
      break;
    }
    static_cast<void>(program.ends_within(1 + round * 7 % 60));
    program.signal(SIGKILL);
    ++kills;
  }
  EXPECT_EQ(log_.payloads(), event_texts(0, kEvents));
  expect_receipts_hold();
}

// A writer that adds lines and rotates both ways, and a follower that is killed all the time. What
// was rotated before the first follower began is not its to read.
TEST_F(Collecting, IsKilledAgainAndAgainWhileFollowingAndLosesAndDoublesNothing) {
  int written = 0;
  const auto write_some = [&](int count) {
    inputs_.add("a.log", event_lines(written, written + count));
    written += count;
  };
  write_some(3);
  {
    Program first({"follow", "--dir", dir_, inputs_.path("a.log"), "--batch-age-ms", "5"},
                  outputs_.path());
    ASSERT_TRUE(first.runs_until([&] { return !log_.payloads().empty(); }));
  }
  for (int round = 0; round < 40; ++round) {
    Program follower({"follow", "--dir", dir_, inputs_.path("a.log"), "--batch-age-ms", "5"},
                     outputs_.path());
    for (int i = 0; i < 10; ++i) {
      write_some(20);
      std::this_thread::sleep_for(std::chrono::milliseconds(1 + round % 7));
    }
    if (round % 4 == 1) inputs_.rename("a.log", "a.log." + std::to_string(round));
    if (round % 4 == 3) inputs_.copy_and_cut("a.log", "a.log." + std::to_string(round));
    write_some(3);
    follower.signal(SIGKILL);
  }
  Program follower({"follow", "--dir", dir_, inputs_.path("a.log")}, outputs_.path());
  EXPECT_TRUE(follower.runs_until(
      [&] { return log_.payloads().size() >= static_cast<std::size_t>(written); }));
  follower.signal(SIGTERM);
  const Ended done = follower.wait();
  EXPECT_EQ(done.code, 0) << done.err;
  expect_each_once(log_.payloads(), written);
  expect_receipts_hold();
}

}  // namespace
}  // namespace varve::collect
