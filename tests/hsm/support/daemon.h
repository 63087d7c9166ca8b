// A foreign server for the time of a test: one process and whatever it forks.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace varve::testing {

/// A process group of its own. It is killed with its owner; when the test program itself is killed,
/// the kernel kills the first process, and the others find their connections closed (those that
/// were stopped are woken for it, because nobody is left who could).
class Daemon {
 public:
  /// Runs `words`, the first of them a path or a name on PATH, with `variables` added to our own;
  /// what it prints goes to the end of the file `log`. Any failure to start it aborts.
  Daemon(const std::vector<std::string>& words, const std::map<std::string, std::string>& variables,
         const std::string& log);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// To all processes of the group.
  void send(int signal) const;
  /// Waits until somebody answers at this Unix socket; aborts after two minutes.
  static void wait_for_socket(const std::string& path);

 private:
  pid_t id_;
};

}  // namespace varve::testing
