// Lines from a pipe, with one deadline: the age of the open batch.
#include "tools/collect/stdin_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ledger/env/running_hash.h"
#include "ledger/format/record.h"
#include "tools/collect/event_stream.h"
#include "tools/collect/media_type.h"

namespace varve::collect {
namespace {

constexpr std::size_t kReadAtOnce = 64u << 10;

class LineFeed {
 public:
  explicit LineFeed(Intake& intake) : intake_(intake) {}

  Result<void> feed(std::string_view text) {
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      extend(text.substr(0, end));
      RETURN_IF_ERROR(finish_line());
      text.remove_prefix(end + 1);
    }
    extend(text);
    return {};
  }

  Result<void> finish_line() {
    ++line_;
    const std::string where = "standard input:" + std::to_string(line_);
    if (hole_ > 0) intake_.say(hole_text(where, hole_));
    if (skipped_ > 0) {
      skipped_hash_.feed(bytes_of(open_));
      intake_.refuse_event(where, skipped_ + open_.size(), skipped_hash_.finish());
    } else if (!open_.empty() && open_ != "\r") {
      intake_.add(media_type_of_line(bytes_of(open_)), bytes_of(open_), where);
    }
    open_.clear();
    skipped_ = hole_ = 0;
    return intake_.full() ? flush() : Result<void>{};
  }

  /// What is there of a line whose end did not come.
  void say_unfinished() const {
    const std::uint64_t bytes = skipped_ + open_.size();
    if (bytes > 0)
      intake_.say("line " + std::to_string(line_ + 1) + " of standard input has not ended: its " +
                  std::to_string(bytes) + " bytes are not taken; send that line again");
  }

  Result<void> flush() {
    if (intake_.empty()) return {};
    Result<void> flushed = intake_.flush({});
    if (!flushed)
      return Error{flushed.error().code, flushed.error().message +
                                             "; standard input is spooled up "
                                             "to line " +
                                             std::to_string(spooled_)};
    spooled_ = line_;
    return {};
  }

 private:
  void extend(std::string_view text) {
    if (open_.empty() && skipped_ == 0) {
      const std::size_t zeros = std::min(text.find_first_not_of('\0'), text.size());
      hole_ += zeros;
      text.remove_prefix(zeros);
    }
    open_ += text;
    if (open_.size() <= format::kRecordMax) return;
    skipped_ += open_.size();
    skipped_hash_.feed(bytes_of(open_));
    open_.clear();
  }

  Intake& intake_;
  std::string open_;
  std::uint64_t skipped_ = 0;
  env::RunningHash skipped_hash_;  // of these
  std::uint64_t hole_ = 0;         // zero bytes before the open line
  std::uint64_t line_ = 0;         // ended so far
  std::uint64_t spooled_ = 0;      // of them, in the spool
};

/// Whether there is something to read. False also when interrupted.
bool wait_readable(int descriptor, std::uint64_t most_ms) {
  pollfd one{descriptor, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(most_ms)) > 0;
}

}  // namespace

Result<void> read_lines(int descriptor, Intake& intake, const std::atomic<bool>& stop) {
  LineFeed lines(intake);
  std::string chunk(kReadAtOnce, '\0');
  bool ended = false;
  while (!stop && !ended) {
    if (intake.due_in_ms() == 0) RETURN_IF_ERROR(lines.flush());
    if (!wait_readable(descriptor, intake.due_in_ms())) continue;
    const ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return io_error(std::string("read standard input: ") + std::strerror(errno));
    ended = got == 0;
    RETURN_IF_ERROR(lines.feed(std::string_view(chunk).substr(0, static_cast<std::size_t>(got))));
  }
  if (ended)
    RETURN_IF_ERROR(lines.finish_line());
  else
    lines.say_unfinished();
  return lines.flush();
}

}  // namespace varve::collect
