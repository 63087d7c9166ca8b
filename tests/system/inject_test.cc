// The real server, with one of its system calls made to fail, or to be its last, by strace: each
// call on the store's files in turn, in a life that starts, appends, rotates, seals and stops, and
// in the start after a crash. Afterwards a server without faults has to start, to have all that
// was promised, and to take the rest.
//   VARVE_EVERY_CALL=1 build/tests/system/system_test --gtest_filter='FaultInjection.*'
// takes every call with every fault (about ten minutes); without it, the first and the last call of
// each kind on each file, with one of the faults, and of the hash files the lowest and the highest.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>

#include "scenario.h"
#include "trace.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTraceCalls =
    "trace=openat,pwrite64,writev,write,fdatasync,fsync,ftruncate,rename,unlink,close,mkdir,fchmod,"
    "flock";
constexpr std::array<const char*, 3> kFaults = {"error=EIO", "error=ENOSPC", "signal=SIGKILL"};
constexpr unsigned kWorkers = 2;

/// The k-th call of this name on this file, by one thread.
struct Target {
  std::string name;
  std::string path;  // within the log's directory
  std::size_t number = 1;
  std::size_t of = 1;  // as many there were in the life that was recorded

  [[nodiscard]] std::string text() const {
    return name + " " + std::to_string(number) + "/" + std::to_string(of) + " on " + path;
  }
};

/// The option for strace that makes this call of the process fail.
Words fault_words(const std::string& directory, const Target& target, const std::string& fault) {
  std::string trace = "trace=";
  trace += target.name;
  std::string inject = "inject=";
  inject.append(target.name).append(":").append(fault).append(":when=");
  inject += std::to_string(target.number);
  return {"-P", directory + target.path, "-e", trace, "-e", inject};
}

/// Every call on the log's files and folders that the trace has, by kind; of one thread, or of all.
std::vector<Target> targets_in(const std::string& trace, const std::string& directory,
                               std::optional<pid_t> only) {
  std::map<std::pair<std::string, std::string>, std::map<pid_t, std::size_t>> counts;
  for (const Call& call : read_trace(trace))
    if (call.path.starts_with(directory) && (!only || call.thread == *only))
      ++counts[{call.name, call.path.substr(directory.size())}][call.thread];
  std::vector<Target> targets;
  for (const auto& [kind, by_thread] : counts) {
    std::size_t most = 0;
    for (const auto& [thread, count] : by_thread) most = std::max(most, count);
    for (std::size_t k = 1; k <= most; ++k) targets.push_back({kind.first, kind.second, k, most});
  }
  return targets;
}

struct Case {
  Target target;
  std::string fault;
};

/// What is run: all, or the first and the last of each kind, faults taken in turn.
std::vector<Case> cases_of(const std::vector<Target>& targets) {
  const bool every = std::getenv("VARVE_EVERY_CALL") != nullptr;
  std::vector<Case> cases;
  std::size_t turn = 0;
  for (const Target& target : targets) {
    const bool hashes = target.path.starts_with("/tree/");
    const bool edge = (target.number == 1 || target.number == target.of) &&
                      (!hashes || target.path == "/tree/00" || target.path == "/tree/40");
    if (every)
      for (const char* fault : kFaults) cases.push_back({target, fault});
    else if (edge)
      cases.push_back({target, kFaults[turn++ % kFaults.size()]});
  }
  return cases;
}

/// A life of its own: a store, its server, what was promised.
struct Life {
  Life(const Installation& where, const Scenario& what, const std::string& name)
      : scenario(what),
        directory(where.path(name)),
        trace(where.path(name + ".trace")),
        server(where, name, {.data = directory, .more = "reserve_bytes = 1048576\n"}),
        memory(what.nothing()) {}
  ~Life() {
    server.end();
    run({"chattr", "-R", "-f", "-i", directory});
    fs::remove_all(directory);
  }
  const Scenario& scenario;
  std::string directory;
  std::string trace;
  BareServer server;
  Scenario::Memory memory;
};

/// How a life goes: `strace` traces the part of it that the faults are for.
struct Way {
  void (*run)(Life& life, const Words& strace);
  Words follow;      // strace's options: attached to a process, or begun with it
  bool main_thread;  // faults are for the calls of the thread that starts the server

  [[nodiscard]] Words strace(const Words& what) const {
    Words words = {"strace"};
    words.insert(words.end(), follow.begin(), follow.end());
    words.insert(words.end(), what.begin(), what.end());
    return words;
  }
};

/// Only the calls that are traced stop the process, which strace cannot do for one that runs.
const Words kBegun = {"-D", "-f", "--seccomp-bpf"};

/// Waits until every thread of `process` is traced, or the tracer has ended.
bool attached(pid_t process, Process& tracer) {
  const auto all_traced = [process] {
    std::error_code gone;
    for (const auto& task :
         fs::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
      const std::string status = read_text(task.path() / "status");
      if (status.find("TracerPid:\t0\n") != std::string::npos) return false;
    }
    return !gone;
  };
  return wait_until([&] { return all_traced() || !tracer.running(); }) && tracer.running();
}

/// Starts, and from then on is traced: the scenario, then a stop.
void live(Life& life, const Words& strace) {
  if (!life.server.start()) return;
  const pid_t server = life.server.process().id();
  Words words = strace;
  for (const std::string& word : Words{"-p", std::to_string(server)}) words.push_back(word);
  Process tracer(words, life.trace + ".strace");
  EXPECT_TRUE(attached(server, tracer));
  static_cast<void>(life.scenario.send_all(life.server, life.memory));
  EXPECT_NE(life.server.stop(), -1) << "it does not stop";
  tracer.wait_ms();
}

/// Traced from the first call, over a store or over nothing: a start, the scenario, a stop.
void start_and_send(Life& life, const Words& strace) {
  if (life.server.start(strace)) {
    static_cast<void>(life.scenario.send_all(life.server, life.memory));
    EXPECT_NE(life.server.stop(), -1) << "it does not stop";
  }
  life.server.process().wait_ms();
}

/// The same over what a kill left: a sealed segment, an open one, and no catalogue.
void crash_and_start(Life& life, const Words& strace) {
  if (!life.server.start()) return;
  static_cast<void>(life.scenario.send_all(life.server, life.memory));
  life.server.process().send(SIGKILL);
  life.server.process().wait_ms();
  fs::remove_all(life.server.log_directory() + "/catalogue");
  start_and_send(life, strace);
}

/// A server without faults over what is left.
std::optional<std::string> demand_all(Life& life) {
  life.server.end();
  if (!life.server.start()) return "it does not start again: " + life.server.printed();
  if (auto wrong = life.scenario.check(life.server, life.memory)) return wrong;
  if (life.server.stop() != 0) return "it does not stop well: " + life.server.printed();
  const Outcome audit = life.server.command("audit");
  if (audit.exit_code != 0) return "the audit finds: " + audit.output;
  return std::nullopt;
}

class FaultInjection : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_strace()) GTEST_SKIP() << *why;
  }

  /// SoftHSM's files do not support two processes at once: a token for each worker.
  struct Bench {
    Installation varve;
    Scenario scenario{varve};
  };
  static std::vector<Target> record(const Bench& bench, Way way);
  static std::optional<std::string> run_case(const Bench& bench, Way way, const Case& one,
                                             const std::string& name);
  void run_all(Way way);

  std::array<Bench, kWorkers> benches_;
};

std::vector<Target> FaultInjection::record(const Bench& bench, Way way) {
  Life life(bench.varve, bench.scenario, "recorded");
  way.run(life, way.strace({"-y", "-xx", "-s", "9", "-o", life.trace, "-e", kTraceCalls}));
  const pid_t server = life.server.process().id();
  EXPECT_TRUE(wait_until([&] { return trace_is_whole(life.trace, server); }));
  std::vector<Target> targets = targets_in(life.trace, life.server.log_directory(),
                                           way.main_thread ? std::optional(server) : std::nullopt);
  EXPECT_FALSE(demand_all(life)) << "without a fault";
  return targets;
}

std::optional<std::string> FaultInjection::run_case(const Bench& bench, Way way, const Case& one,
                                                    const std::string& name) {
  Life life(bench.varve, bench.scenario, name);
  Words words = {"-o", "/dev/null"};
  for (const std::string& word : fault_words(life.server.log_directory(), one.target, one.fault))
    words.push_back(word);
  way.run(life, way.strace(words));
  return demand_all(life);
}

void FaultInjection::run_all(Way way) {
  const std::vector<Target> targets = record(benches_[0], way);
  const std::vector<Case> cases = cases_of(targets);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::vector<std::thread> workers;
  for (unsigned w = 0; w < kWorkers; ++w)
    workers.emplace_back([&, w] {
      for (std::size_t k; (k = next++) < cases.size();) {
        const auto wrong = run_case(benches_[w], way, cases[k], "case-" + std::to_string(k));
        const std::lock_guard lock(mutex);
        EXPECT_FALSE(wrong) << cases[k].fault << " at " << cases[k].target.text() << ": " << *wrong;
      }
    });
  for (std::thread& worker : workers) worker.join();
  std::cout << targets.size() << " calls, " << cases.size() << " faults injected\n";
}

TEST_F(FaultInjection, AtAnyCallOfAFirstStartLosesNothingThatWasPromised) {
  run_all({start_and_send, kBegun, true});
}

TEST_F(FaultInjection, AtAnyCallOfALifeLosesNothingThatWasPromised) {
  run_all({live, {"-f"}, false});
}

TEST_F(FaultInjection, AtAnyCallOfAStartAfterACrashLosesNothingThatWasPromised) {
  run_all({crash_and_start, kBegun, true});
}

}  // namespace
}  // namespace varve::system
