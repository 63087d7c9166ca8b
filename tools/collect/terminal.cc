// Standard error, shared by messages and one line of progress. Nobody may read it: then lines are
// left out, and the work goes on.
#include "tools/collect/terminal.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ledger/base/visible.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kProgressEveryMs = 200;
constexpr int kWaitMs = 1'000;  // for a reader that has only fallen behind

/// A pipe that is ready takes PIPE_BUF bytes without waiting.
bool write_when_ready(int descriptor, std::string_view text, int wait_ms) {
  while (!text.empty()) {
    pollfd one{descriptor, POLLOUT, 0};
    const int ready = ::poll(&one, 1, wait_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t done =
        ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

}  // namespace

Terminal::Terminal(env::Clock& clock, int descriptor)
    : clock_(clock), descriptor_(descriptor), is_terminal_(::isatty(descriptor) == 1) {}

void Terminal::write(const std::string& text) {
  const std::string gap = left_out_ == 0
                              ? ""
                              : "\nvarve-collect: " + counted(left_out_, "message") +
                                    " before this could not be written: nobody read them\n";
  if (write_when_ready(descriptor_, gap + text, left_out_ == 0 ? kWaitMs : 0))
    left_out_ = 0;
  else
    ++left_out_;
}

void Terminal::say(const std::string& line) {
  const MutexLock lock(mutex_);
  clear_locked();
  write("varve-collect: " + visible(line) + '\n');
}

void Terminal::progress(const std::string& text) {
  const MutexLock lock(mutex_);
  if (!is_terminal_ || clock_.steady_ms() < next_ms_) return;
  next_ms_ = clock_.steady_ms() + kProgressEveryMs;
  clear_locked();
  const std::string line = visible(text);
  write('\r' + line);
  shown_ = line.size();
}

void Terminal::clear_progress() {
  const MutexLock lock(mutex_);
  clear_locked();
}

void Terminal::clear_locked() {
  if (shown_ > 0) write('\r' + std::string(shown_, ' ') + '\r');
  shown_ = 0;
}

std::string counted(std::uint64_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : noun.ends_with("h") ? "es" : "s");
}

}  // namespace varve::collect
