// Child processes of the benchmark.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::bench {

using Words = std::vector<std::string>;

/// Path of one of the project's programs: in this program's directory, or in the build directory.
std::string program(const std::string& name);

/// A running program; killed when its owner goes.
class Process {
 public:
  /// Its output goes to the file `log`, appended. Errors: kIo  it cannot be started.
  static Result<Process> start(const Words& words, const std::string& log);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  void send(int signal) const;
  /// Waits for its end; returns the exit code, 128 + signal when a signal ended it.
  int wait();

  /// CPU seconds that it used so far, in and out of the kernel.
  [[nodiscard]] double cpu_seconds() const;
  /// The largest resident memory that it had, bytes.
  [[nodiscard]] std::uint64_t peak_memory() const;
  /// Now: resident memory and address space, bytes; threads; open files.
  [[nodiscard]] std::uint64_t resident_memory() const;
  [[nodiscard]] std::uint64_t address_space() const;
  [[nodiscard]] std::uint64_t threads() const;
  [[nodiscard]] std::uint64_t descriptors() const;
  /// How often its threads that are there gave up the processor by themselves.
  [[nodiscard]] std::uint64_t wake_ups() const;
  /// Its mappings now. Errors: kIo  they may not be read: varved hides them from all but root.
  [[nodiscard]] Result<std::uint64_t> memory_maps() const;

 private:
  explicit Process(pid_t id) : id_(id) {}
  [[nodiscard]] std::string path(const std::string& name) const;  // in /proc

  pid_t id_ = -1;
};

/// As run(); returns the CPU seconds that it used.
Result<double> run_timed(const Words& words, const std::string& log);
/// Runs to the end. Errors: kIo  it cannot be started or ends with another code than 0; with its
/// output.
Result<void> run(const Words& words, const std::string& log);

}  // namespace varve::bench
