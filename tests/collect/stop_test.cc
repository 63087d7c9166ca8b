// SIGTERM ends the program within the time it states, whatever it reads from, writes to or asks.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "fake_log.h"
#include "ledger/env/posix.h"
#include "program.h"
#include "tools/collect/stop_signal.h"
#include "tools/collect/terminal.h"
#include "tools/common/exit_code.h"

namespace varve::collect {
namespace {

/// Takes connections and requests, and answers nothing.
class SilentServer {
 public:
  SilentServer() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* const address = reinterpret_cast<sockaddr*>(&here);
    CHECK(::bind(listening_, address, size) == 0 && ::listen(listening_, 8) == 0);
    CHECK(::getsockname(listening_, address, &size) == 0);
    port_ = ntohs(here.sin_port);
  }
  ~SilentServer() { ::close(listening_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/logs/test";
  }
  [[nodiscard]] bool was_asked() const {
    pollfd one{listening_, POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
  }

 private:
  int listening_;
  int port_ = 0;
};

/// A pipe that nobody reads and that takes nothing any more, under a name.
class FullPipe {
 public:
  explicit FullPipe(const std::string& path) {
    CHECK(::mkfifo(path.c_str(), 0600) == 0);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    CHECK(descriptor_ >= 0);
    const std::string piece(4'096, 'x');
    while (::write(descriptor_, piece.data(), piece.size()) > 0) {
    }
  }
  ~FullPipe() { ::close(descriptor_); }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;

  void drain() const {
    std::string piece(65'536, '\0');
    while (::read(descriptor_, piece.data(), piece.size()) > 0) {
    }
  }
  [[nodiscard]] std::string read_all() const {
    std::string piece(65'536, '\0');
    const ssize_t got = ::read(descriptor_, piece.data(), piece.size());
    return got > 0 ? piece.substr(0, static_cast<std::size_t>(got)) : "";
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

class Stopping : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(env::initialize()); }

  void init(const std::string& url) {
    const Ended made =
        run_program({"init", "--dir", dir_, "--source", "test/source", "--origin", kOrigin, "--url",
                     url, "--vkey", format::format_vkey(log_.first_key())},
                    outputs_.path());
    ASSERT_EQ(made.code, 0) << made.err;
    log_.register_source(*format::parse_vkey(made.out.substr(0, made.out.size() - 1)));
  }

  [[nodiscard]] bool has_spooled() const {
    std::error_code none;
    std::filesystem::directory_iterator spool(dir_ + "/spool", none);
    return !none && spool != std::filesystem::directory_iterator();
  }

  /// SIGTERM now, and again and again, which puts nothing off: it has the time that it states, and
  /// what a loaded machine needs on top.
  static void expect_to_end(Program& program) {
    bool ended = false;
    for (int i = 0; i < 10 * (static_cast<int>(kStopWithinS) + 40) && !ended; ++i) {
      program.signal(SIGTERM);
      ended = program.ends_within(100);
    }
    EXPECT_TRUE(ended);
  }

  FakeLog log_;
  SilentServer silent_;
  Inputs inputs_;
  env::TemporaryDirectory outputs_;
  std::string dir_ = outputs_.path() + "/collector";
};

// Everything read is spooled and the summary printed; only the request is given up.
TEST_F(Stopping, WhileTheLogDoesNotAnswer) {
  init(silent_.url());
  const std::string file = inputs_.write("a.log", event_lines(0, 3));
  Program program({"follow", "--dir", dir_, "--heartbeat", "0", file}, outputs_.path());
  ASSERT_TRUE(program.runs_until([&] { return has_spooled() && silent_.was_asked(); }));
  expect_to_end(program);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("3 events spooled in 1 batch, 0 refused; 0 batches sent, 1 waiting"),
            std::string::npos);
}

TEST_F(Stopping, WhileNobodyReadsWhatItSays) {
  for (const std::string stream : {"err", "out"}) {
    SCOPED_TRACE(stream);
    if (stream == "err") init(log_.url());
    const FullPipe pipe(outputs_.path() + "/pipe" + stream);
    const env::TemporaryDirectory files;
    std::filesystem::create_symlink(outputs_.path() + "/pipe" + stream,
                                    files.path() + "/" + stream);
    const std::string name = stream + ".log";
    const std::string file =
        inputs_.write(name, std::string(70'000, 'x') + "\n" + event_lines(0, 1));
    const std::size_t before = log_.payloads().size();
    Program program({"follow", "--dir", dir_, "--heartbeat", "0", file, inputs_.path("missing")},
                    files.path());
    // What it says cannot be said, and it works all the same.
    ASSERT_TRUE(program.runs_until([&] { return log_.payloads().size() == before + 2; }));
    expect_to_end(program);
    if (stream == "out") pipe.drain();
  }
}

TEST_F(Stopping, WhileStandardInputIsAPipeWithoutAnEnd) {
  init(log_.url());
  ASSERT_EQ(::mkfifo((outputs_.path() + "/fifo").c_str(), 0600), 0);
  const int writer = ::open((outputs_.path() + "/fifo").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(writer, "event 0\n", 8), 8);
  Program program({"append", "--dir", dir_, "-"}, outputs_.path(), "", outputs_.path() + "/fifo");
  ASSERT_TRUE(program.runs_until([&] { return !log_.payloads().empty(); }));
  expect_to_end(program);
  EXPECT_EQ(program.wait().code, 0);
  ::close(writer);
}

// A half line is no event: its other half is with whoever writes it.
TEST_F(Stopping, WithinALineOfStandardInputTakesNothingOfThatLine) {
  init(log_.url());
  const std::string fifo = outputs_.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int writer = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(writer, "event 0\nevent", 13), 13);
  Program program({"append", "--dir", dir_, "-"}, outputs_.path(), "", fifo);
  ASSERT_TRUE(program.runs_until([&] { return !log_.payloads().empty(); }));
  expect_to_end(program);
  const Ended ended = program.wait();
  EXPECT_NE(ended.out.find("1 event spooled in 1 batch"), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("line 2 of standard input has not ended: its 5 bytes"),
            std::string::npos)
      << ended.err;
  ::close(writer);
}

// What ends the process by the clock is set by the first one.
TEST(StopSignalsDeathTest, ThatComeAgainAndAgainPutNothingOff) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto never_ends = [] {
    catch_stop_signals();
    for (unsigned tenths = 0; tenths < 10 * (kStopWithinS + 40); ++tenths) {
      ::raise(SIGTERM);
      ::usleep(100'000);
    }
  };
  EXPECT_EXIT(never_ends(), testing::KilledBySignal(SIGTERM), "");
}

/// Of a process that started one other.
int child_of(int process) {
  const std::string id = std::to_string(process);
  int child = 0;
  std::ifstream("/proc/" + id + "/task/" + id + "/children") >> child;
  return child;
}

// It is refused, as any credential may be: one that never comes holds nobody up.
TEST_F(Stopping, WhileItsCredentialIsAPipe) {
  init(log_.url());
  const std::string credential = outputs_.path() + "/credential";
  ASSERT_EQ(::mkfifo(credential.c_str(), 0600), 0);
  std::ofstream(dir_ + "/config", std::ios::app) << "bearer-file " << credential << "\n";
  const std::string file = inputs_.write("a.log", event_lines(0, 3));
  Program append({"append", "--dir", dir_, file}, outputs_.path());
  ASSERT_TRUE(append.ends_within(120'000));
  EXPECT_EQ(append.wait().code, tools::exit_code(Code::kInvalid));
  Program program({"follow", "--dir", dir_, "--heartbeat", "0", file}, outputs_.path());
  ASSERT_TRUE(program.runs_until([&] { return program.has_said("not a pipe"); }));
  expect_to_end(program);
  EXPECT_EQ(program.wait().code, 0);
}

// The kernel keeps from the first process of a container every signal that it does not catch.
TEST_F(Stopping, AsTheFirstProcessOfAContainer) {
  const std::string unshare = "/usr/bin/unshare";
  if (::geteuid() != 0 || !std::filesystem::exists(unshare))
    GTEST_SKIP() << "needs root and " << unshare << " to make a process the first one";
  init(silent_.url());
  const std::string token = inputs_.write("token", "secret\n");
  const std::string file = inputs_.write("a.log", event_lines(0, 3));
  const FullPipe pipe(outputs_.path() + "/pipe");
  const env::TemporaryDirectory files;
  const std::vector<std::vector<std::string>> commands = {
      {"register", "--dir", dir_, "--bearer-file", token},  // ends at once
      {"follow", "--dir", dir_, "--spool-only", "--heartbeat", "0",
       file}};  // hangs: nobody reads its last line
  for (const std::vector<std::string>& arguments : commands) {
    SCOPED_TRACE(arguments.front());
    std::filesystem::create_symlink(outputs_.path() + "/pipe", files.path() + "/out");
    Program program(arguments, files.path(), "", "", {unshare, "--pid", "--fork", "--kill-child"});
    int first = 0;
    ASSERT_TRUE(program.runs_until([&] {
      first = child_of(program.id());
      return first != 0 && (arguments.front() == "follow" ? has_spooled() : silent_.was_asked());
    }));
    ASSERT_EQ(::kill(first, SIGTERM), 0);
    ASSERT_TRUE(program.ends_within(1'000 * (static_cast<int>(kStopWithinS) + 40)));
    std::filesystem::remove(files.path() + "/out");  // a pipe that has no end
    EXPECT_EQ(program.wait().code, 128 + SIGTERM);
  }
}

// Commands with nothing to bring to an end are ended at once.
TEST_F(Stopping, OfACommandThatOnlyAsks) {
  init(silent_.url());
  const std::string token = inputs_.write("token", "secret\n");
  Program program({"register", "--dir", dir_, "--bearer-file", token}, outputs_.path());
  ASSERT_TRUE(program.runs_until([&] { return silent_.was_asked(); }));
  expect_to_end(program);
}

TEST_F(Stopping, InTheMiddleOfALargeFileLosesNothing) {
  init(log_.url());
  constexpr int kEvents = 50'000;
  const std::string file = inputs_.write("a.log", event_lines(0, kEvents));
  Program program({"append", "--dir", dir_, "--spool-only", file}, outputs_.path());
  ASSERT_TRUE(program.runs_until([&] { return has_spooled(); }));
  expect_to_end(program);
  EXPECT_EQ(program.wait().code, 0);
  EXPECT_EQ(run_program({"append", "--dir", dir_, file}, outputs_.path()).code, 0);
  EXPECT_EQ(log_.payloads(), event_texts(0, kEvents));
}

// What could not be written is counted, and reported once somebody reads again.
TEST(TerminalLines, ThatNobodyReadsAreLeftOutAndCounted) {
  const env::TemporaryDirectory directory;
  const FullPipe pipe(directory.path() + "/pipe");
  HandClock clock;
  const int blocking = ::open((directory.path() + "/pipe").c_str(), O_WRONLY | O_CLOEXEC);
  Terminal terminal(clock, blocking);
  for (int i = 0; i < 100; ++i) terminal.say("lost");
  pipe.drain();
  terminal.say("seen");
  const std::string seen = pipe.read_all();
  EXPECT_NE(seen.find("100 messages before this could not be written"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with("varve-collect: seen\n")) << seen;
  ::close(blocking);
}

// As many files as the soft limit allows descriptors, and more.
TEST_F(Stopping, FollowingMoreFilesThanDescriptorsWorksUntilThen) {
  init(log_.url());
  std::vector<std::string> arguments = {"follow", "--dir", dir_};
  for (int i = 0; i < 100; ++i)
    arguments.push_back(inputs_.write("f" + std::to_string(i) + ".log", event_lines(i, i + 1)));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 64;
  if (before.rlim_max < 256) GTEST_SKIP() << "the hard limit of descriptors is too low here";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Program program(arguments, outputs_.path());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(program.runs_until([&] { return log_.payloads().size() == 100; }));
  expect_to_end(program);
  EXPECT_EQ(program.wait().code, 0);
}

}  // namespace
}  // namespace varve::collect
