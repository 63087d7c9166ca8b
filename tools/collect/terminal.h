// What a person sees: messages, and progress where standard error is a terminal.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/env/clock.h"

namespace varve::collect {

/// Thread: any.
class Terminal {
 public:
  explicit Terminal(env::Clock& clock, int descriptor = 2);

  /// One line to standard error. Where nobody reads that, it waits a second the first time, then
  /// leaves lines out, and says how many once somebody reads again.
  void say(const std::string& line);
  /// Replaces the progress line, at most five times a second; nothing when not on a terminal.
  void progress(const std::string& line);
  void clear_progress();

 private:
  void clear_locked() REQUIRES(mutex_);
  void write(const std::string& text) REQUIRES(mutex_);

  Mutex mutex_;
  env::Clock& clock_;
  int descriptor_;
  bool is_terminal_;
  std::uint64_t left_out_ GUARDED_BY(mutex_) = 0;  // messages
  std::size_t shown_ GUARDED_BY(mutex_) = 0;       // length of the progress line
  std::uint64_t next_ms_ GUARDED_BY(mutex_) = 0;
};

/// "1 event", "2 events", "2 batches".
std::string counted(std::uint64_t n, const std::string& noun);

}  // namespace varve::collect
