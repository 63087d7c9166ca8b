// The other programs, as processes: what needs the token or the store is done by those that link it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::audit::assess {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

/// Path of one of the project's programs: beside this one, or in the build directory; else its name, which
/// is looked for in PATH.
std::string program(const std::string& name);

/// A running program; killed when its owner goes, or when this program is.
class Child {
 public:
  /// Its output goes to the file `log`, appended, and it reads nothing. `variables` are set in its
  /// environment, an empty one is not there; VARVE_CONFIG never is. Errors: kIo  it cannot be started.
  static Result<Child> start(const Words& words, const Variables& variables,
                             const std::string& log);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  void send(int signal) const;
  /// Waits for its end; returns the exit code, 128 + signal when a signal ended it. Killed behind
  /// `patience_ms`.
  int wait(std::uint32_t patience_ms);
  [[nodiscard]] bool has_ended();

 private:
  explicit Child(pid_t id) : id_(id) {}
  pid_t id_ = -1;   // -1: it was waited for
  int status_ = 0;  // then
};

struct Ran {
  int exit = 0;
  std::string text;  // standard output and standard error
};

/// Runs it to its end, or kills it behind `patience_ms`. `log` is a file that is not there.
/// Errors: kIo  it cannot be started.
Result<Ran> run_child(const Words& words, const Variables& variables, const std::string& log,
                      std::uint32_t patience_ms);

/// The words as one line of a shell.
std::string command_line(const Words& words);

}  // namespace varve::audit::assess
