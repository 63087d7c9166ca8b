// Standard error, shared by messages and one line of progress.
#include "tools/collect/terminal.h"

#include <unistd.h>

#include <iostream>

#include "tools/common/visible.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kProgressEveryMs = 200;

}  // namespace

Terminal::Terminal(env::Clock& clock) : clock_(clock), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void Terminal::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  clear_locked();
  std::cerr << "varve-collect: " << tools::visible(line) << '\n' << std::flush;
}

void Terminal::progress(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (!is_terminal_ || clock_.steady_ms() < next_ms_) return;
  next_ms_ = clock_.steady_ms() + kProgressEveryMs;
  clear_locked();
  const std::string line = tools::visible(text);
  std::cerr << '\r' << line << std::flush;
  shown_ = line.size();
}

void Terminal::clear_progress() {
  const std::lock_guard lock(mutex_);
  clear_locked();
}

void Terminal::clear_locked() {
  if (shown_ > 0) std::cerr << '\r' << std::string(shown_, ' ') << '\r' << std::flush;
  shown_ = 0;
}

std::string counted(std::uint64_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : noun.ends_with("h") ? "es" : "s");
}

}  // namespace varve::collect
