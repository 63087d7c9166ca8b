// A progress line for people: on a terminal only, so that a log file or a script sees none of it.
#pragma once

#include <cstdint>
#include <string>

namespace varve::tools {

/// Draws "checking  [#####.....]  51 %  1234/2400 records" on standard error. Thread: one at a
/// time.
class Progress {
 public:
  /// `what` and `unit` are words. Quiet unless standard error is a terminal.
  Progress(std::string what, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Redraws at most ten times a second.
  void show(std::uint64_t done, std::uint64_t total);
  /// Wipes the line, for what is printed next.
  void clear();

 private:
  std::string what_;
  std::string unit_;
  bool on_terminal_ = false;
  bool drawn_ = false;
  std::uint64_t last_ms_ = 0;
};

}  // namespace varve::tools
