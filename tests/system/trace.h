// What a program asked of the kernel, in order: strace's output, read.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "process.h"

namespace varve::system {

/// One system call. `began` and `ended` are positions in one order over all threads: of two calls,
/// the one whose `ended` is smaller than the other's `began` was over before the other began.
struct Call {
  pid_t thread = 0;
  std::string name;                // "pwrite64"
  std::string path;                // of its descriptor, or its first path argument
  std::vector<std::string> texts;  // its quoted arguments, decoded; a vector's parts one by one
  std::vector<std::string> rest;   // the other arguments: flags, sizes, offsets
  long result = -1;
  std::size_t began = 0;
  std::size_t ended = 0;

  /// All of `texts`: what was written or sent.
  [[nodiscard]] std::string data() const;
  /// The last argument as a number: the offset of pread64 and pwrite64.
  [[nodiscard]] std::uint64_t offset() const;
};

/// Words that run a program under strace, as a child of its caller and not of strace, with every
/// byte that it writes in `file`. `calls` is a comma-separated list.
Words strace_words(const std::string& file, const std::string& calls);

/// Why system calls cannot be traced here; nothing when they can.
std::optional<std::string> why_no_strace();

/// Whether strace has written down the end of `process`, which is the last it writes.
bool trace_is_whole(const std::string& file, pid_t process);

/// Reads what strace_words() made it write, once the program has ended.
std::vector<Call> read_trace(const std::string& file);

}  // namespace varve::system
