// Writing lines to standard error, whole.
#include "api/access/journal_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <string_view>

namespace varve::api {
namespace {

constexpr int kLookMs = 50;
constexpr std::chrono::seconds kLastLines{1};

}  // namespace

void JournalSink::hurry() {
  deadline_ = (Steady::now() + kLastLines).time_since_epoch().count();
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message) {
  if (lost() > told_ && may_tell()) tell_of_lost_lines();
  if (!write_line(message)) ++unwritten_;
  ++since_told_;
}

bool JournalSink::may_tell() const {
  return since_told_ >= kLinesBetween || queue_.queue_size() == 0;
}

/// The queue drops the oldest lines, so this one is where they would have been.
void JournalSink::tell_of_lost_lines() {
  const std::uint64_t lost_now = lost();
  if (lost_now == told_) return;
  const std::string lines = std::to_string(lost_now - told_);
  std::string text = R"("level":"error","event":"journal_lines_lost","lines":)" + lines;
  text.append(R"(,"message":")").append(lines);
  text.append(" lines of the journal were lost: standard error was read too slowly, or refused ");
  text.append("them\"");
  if (!write_line({spdlog::string_view_t{}, spdlog::level::err, text})) return;
  told_ = lost_now;
  since_told_ = 0;
}

/// Waits for whoever reads it. Returns false when a part of the line is missing.
bool JournalSink::write_line(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  if (torn_) line.push_back('\n');
  formatter_->format(message, line);
  std::string_view rest{line.data(), line.size()};
  while (!rest.empty() && becomes_writable()) {
    // A pipe that takes anything takes this much without waiting.
    const std::size_t some = std::min<std::size_t>(rest.size(), PIPE_BUF);
    const ssize_t n = ::write(STDERR_FILENO, rest.data(), some);
    if (n < 0 && errno != EINTR && errno != EAGAIN) break;
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (rest.size() < line.size()) torn_ = !rest.empty();
  return rest.empty();
}

bool JournalSink::becomes_writable() const {
  for (;;) {
    const bool too_late = Steady::now().time_since_epoch().count() > deadline_;
    pollfd there{STDERR_FILENO, POLLOUT, 0};
    const int found = ::poll(&there, 1, too_late ? 0 : kLookMs);
    if (found > 0 || (found < 0 && errno != EINTR)) return true;
    if (too_late) return false;
  }
}

}  // namespace varve::api
