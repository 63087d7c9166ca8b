// Every program ends soon after SIGTERM, whatever it is doing: writing into a pipe that nobody reads,
// or asking a token that does not answer.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "installation.h"
#include "sender.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

/// A named pipe that is full, and that nobody reads.
class FullPipe {
 public:
  explicit FullPipe(const std::string& path) {
    CHECK(::mkfifo(path.c_str(), 0600) == 0);
    end_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    CHECK(end_ >= 0);
    const std::array<char, 4096> some{};
    while (::write(end_, some.data(), some.size()) > 0) continue;
    while (::write(end_, some.data(), 1) > 0) continue;
  }
  ~FullPipe() { ::close(end_); }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;

 private:
  int end_ = -1;
};

constexpr int kTerminated = 128 + SIGTERM;

/// Whether it holds signals back, which its first steps do.
bool handles_signals(pid_t process) {
  const std::string text = read_text("/proc/" + std::to_string(process) + "/status");
  const std::size_t at = text.find("SigBlk:\t");
  if (at == std::string::npos) return false;
  const auto blocked = std::strtoull(text.c_str() + at + 8, nullptr, 16);
  return (blocked >> (SIGTERM - 1) & 1) != 0;
}

TEST(Signals, EndEveryProgramThatWritesWhereNobodyReads) {
  const Installation varve;
  const FullPipe pipe(varve.path("pipe"));
  const std::vector<Words> programs = {
      {"varved", "--help"},
      {"varved", "check-config", "--config", varve.path("varved.toml")},
      {"varved", "audit", "--config", varve.path("nowhere")},
      {"varved", "--config", varve.path("nowhere")},
      {"varve-audit", "--help"},
      {"varve-audit", "check", varve.path("nowhere"), "--vkey", varve.vkey()},
      {"varve-keys", "--help"},
      {"varve-keys", "tokens", "--module", kSoftHsm},
      {"varve-bench", "--help"},
  };
  for (const Words& program : programs) {
    SCOPED_TRACE(program[0] + " " + program[1]);
    Words words = program;
    words[0] = Installation::program(words[0]);
    Process process(words, varve.path("pipe"), varve.variables());
    const std::string state = "/proc/" + std::to_string(process.id()) + "/wchan";
    ASSERT_TRUE(wait_until([&] { return read_text(state).find("pipe_w") != std::string::npos; }))
        << "it waits for the pipe: " << read_text(state);
    process.send(SIGTERM);
    EXPECT_EQ(process.wait_ms(), kTerminated);
  }
}

TEST(Signals, EndAServerInOrderThoughNobodyReadsItsLog) {
  Installation varve;
  varve.start();
  ASSERT_EQ(varve.stop(), 0);
  const FullPipe pipe(varve.path("pipe"));
  Process server({Installation::program("varved"), "--config", varve.path("varved.toml")},
                 varve.path("pipe"), varve.variables());
  ASSERT_TRUE(wait_until([&] { return varve.ready() || !server.running(); }));
  client::HttpClient client = varve.connect("append");
  for (int k = 0; k < 20; ++k)
    EXPECT_EQ(post_events(client, "key-" + std::to_string(k), {"{}"})->status, 201);
  server.send(SIGTERM);
  EXPECT_EQ(server.wait_ms(), 0);
}

/// An installation whose token hangs from the beginning, and for longer than any test waits.
class HungStart : public ::testing::Test {
 protected:
  HungStart() {
    ::setenv("VARVE_TOKEN_HANGS", varve_.path("hangs").c_str(), 1);
    std::string config = read_text(varve_.path("varved.toml"));
    config.replace(config.find(kSoftHsm), std::string(kSoftHsm).size(),
                   built_file("tests/hsm/fault_module.so"));
    const std::string limit = "timeout_ms = " + std::to_string(kPatienceMs);
    config.replace(config.find(limit), limit.size(), "timeout_ms = 600000");
    write_text(varve_.path("varved.toml"), config);
    write_text(varve_.path("hangs"), "");
  }
  ~HungStart() override { ::unsetenv("VARVE_TOKEN_HANGS"); }

  Installation varve_;
};

TEST_F(HungStart, EndsAtOnce) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Process server({Installation::program("varved"), "--config", varve_.path("varved.toml")},
                   varve_.path("printed"), varve_.variables());
    ASSERT_TRUE(wait_until([&] { return handles_signals(server.id()) || !server.running(); }));
    server.send(signal);
    EXPECT_EQ(server.wait_ms(), 128 + signal) << read_text(varve_.path("printed"));
  }
}

// The kernel keeps from it every signal that it does not catch.
TEST_F(HungStart, EndsAtOnceAlsoAsTheFirstProcessOfAContainer) {
  const std::string unshare = "/usr/bin/unshare";
  if (::geteuid() != 0 || ::access(unshare.c_str(), X_OK) != 0)
    GTEST_SKIP() << "needs root and " << unshare << " to make a process the first one";
  Process outer({unshare, "--pid", "--fork", "--kill-child", Installation::program("varved"),
                 "--config", varve_.path("varved.toml")},
                varve_.path("printed"), varve_.variables());
  const std::string id = std::to_string(outer.id());
  pid_t first = 0;
  // Until it is varved: unshare blocks signals for a moment, too, and does not take them.
  const auto is_varved = [](pid_t process) {
    return read_text("/proc/" + std::to_string(process) + "/comm") == "varved\n";
  };
  ASSERT_TRUE(wait_until([&] {
    first = std::atoi(read_text("/proc/" + id + "/task/" + id + "/children").c_str());
    return (first > 1 && is_varved(first) && handles_signals(first)) || !outer.running();
  }));
  ASSERT_EQ(::kill(first, SIGTERM), 0);
  EXPECT_EQ(outer.wait_ms(), kTerminated) << read_text(varve_.path("printed"));
}

}  // namespace
}  // namespace varve::system
