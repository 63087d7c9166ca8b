// SIGTERM, SIGINT and SIGHUP: at once while the server starts, in order while it serves, and at
// once again when that takes too long.
#pragma once

#include <chrono>
#include <csignal>
#include <thread>

namespace varve::tools {

/// Make one before there are other threads: those that start later leave signals to it.
class Signals {
 public:
  /// Until serve() SIGTERM and SIGINT end the process as a crash does: a start may take long, and
  /// leaves nothing that the next one does not mend.
  Signals();
  /// From here on they do the same.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// From now on wait() has them.
  void serve();
  /// Returns the next one; 0: none came within `most`. Requires serve().
  int wait(std::chrono::seconds most);
  /// The process stops, and ends when it has not after `most`, or when it is asked to once more.
  void stop_within(std::chrono::seconds most);

 private:
  void watch() const;
  void end_watch();

  sigset_t all_;
  sigset_t ending_;      // those that end the process
  std::thread watcher_;  // during the start
};

}  // namespace varve::tools
