// Child processes for the system tests: the real programs, started, watched, killed.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace varve::system {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

/// How long a test waits for what has to happen. Nothing is learnt from how long it took: the machine
/// may be many times slower than the one that the test was written on.
inline constexpr unsigned kPatienceMs = 120'000;

struct Outcome {
  int exit_code = -1;  // 128 + signal when a signal ended it
  std::string output;  // standard output and standard error
};

/// Runs to the end. The first word is a path, or a name on PATH.
Outcome run(const Words& words, const Variables& variables = {});

/// A program that goes on running. Killed when its owner goes.
class Process {
 public:
  /// Appends what it prints to `log`.
  Process(const Words& words, const std::string& log, const Variables& variables = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] bool running();
  void send(int signal) const;
  /// Waits for its end. Returns as Outcome::exit_code; -1 when it did not end in time.
  int wait_ms(unsigned timeout_ms = kPatienceMs);

 private:
  pid_t id_;
  int exit_code_ = -1;
};

/// Waits until `happens` is true, looking every few milliseconds. Returns whether it became so.
template <class Condition>
bool wait_until(const Condition& happens, unsigned timeout_ms = kPatienceMs);

/// One look, for wait_until.
void pause_ms(unsigned ms);

template <class Condition>
bool wait_until(const Condition& happens, unsigned timeout_ms) {
  constexpr unsigned kStepMs = 10;
  for (unsigned waited = 0; waited < timeout_ms; waited += kStepMs) {
    if (happens()) return true;
    pause_ms(kStepMs);
  }
  return happens();
}

}  // namespace varve::system
