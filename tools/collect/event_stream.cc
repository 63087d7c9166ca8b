// Cutting a growing file into events within bounded memory.
#include "tools/collect/event_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ledger/format/record.h"

namespace varve::collect {
namespace {

constexpr std::size_t kChunk = 256u << 10;

std::optional<std::size_t> find_newline(Bytes bytes, std::size_t from) {
  if (from >= bytes.size()) return std::nullopt;
  const void* found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
  if (found == nullptr) return std::nullopt;
  return static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
}

// "<", one to three digits, ">". Nothing: more bytes are needed to know.
std::optional<bool> begins_with_priority(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] != '<') return false;
  for (std::size_t i = 1; i <= 4; ++i) {
    if (i == text.size()) return std::nullopt;
    if (text[i] == '>') return i > 1;
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return false;
}

bool begins_with_hole(Bytes bytes) {
  return !bytes.empty() && bytes[0] == std::byte{0};
}

std::optional<std::size_t> find_message_end(Bytes bytes) {
  const std::optional<bool> framed = begins_with_priority(text_of(bytes));
  if (!framed) return find_newline(bytes, 0);  // too short for both, or ends before it matters
  std::optional<std::size_t> end = find_newline(bytes, 0);
  while (*framed && end) {
    if (begins_with_hole(bytes.subspan(*end + 1))) return end;
    const auto next = begins_with_priority(text_of(bytes.subspan(*end + 1)));
    if (!next) return std::nullopt;
    if (*next) return end;
    end = find_newline(bytes, *end + 1);
  }
  return end;
}

bool is_empty_line(Bytes line) {
  return line.empty() || (line.size() == 1 && line[0] == std::byte{'\r'});
}

std::uint64_t count_newlines(Bytes bytes) {
  return static_cast<std::uint64_t>(std::ranges::count(bytes, std::byte{'\n'}));
}

}  // namespace

std::optional<std::size_t> find_event_end(Bytes bytes, Framing framing) {
  return framing == Framing::kLines ? find_newline(bytes, 0) : find_message_end(bytes);
}

bool is_text(Bytes bytes) {
  for (std::size_t i = 1; i < bytes.size(); ++i)
    if (bytes[i] == std::byte{0} && bytes[i - 1] != std::byte{0} && bytes[i - 1] != std::byte{'\n'})
      return false;
  return true;
}

std::string hole_text(const std::string& where, std::uint64_t size) {
  return where + " begins behind a hole of " + std::to_string(size) +
         " zero bytes, which are no part of it: its writer kept its offset when the file was cut";
}

EventStream::EventStream(std::string path, InputFile file, Framing framing)
    : EventStream(std::move(path), std::move(file), framing, Taken{}, 0) {}

EventStream::EventStream(std::string path, InputFile file, Framing framing, Taken taken,
                         std::uint64_t lines)
    : path_(std::move(path)),
      file_(std::move(file)),
      framing_(framing),
      taken_(std::move(taken)),
      lines_(lines) {}

// Feeds what was returned, drops it from the buffer.
void EventStream::settle() {
  taken_.feed(Bytes{buffer_}.subspan(fed_, cursor_ - fed_));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(cursor_));
  searched_ = searched_ > cursor_ ? searched_ - cursor_ : 0;
  fed_ = cursor_ = 0;
}

Result<bool> EventStream::fill() {
  settle();
  const std::size_t before = buffer_.size();
  const ByteOffset at{taken_.size().value + before};
  ASSIGN_OR_RETURN(const ByteOffset end, file_.size());
  if (before == 0 && end <= at) {  // at rest, as most files are at most times: it needs no memory
    buffer_ = Buffer{};
    return false;
  }
  buffer_.resize(before + kChunk);
  const Result<std::size_t> got = file_.read(at, MutableBytes{buffer_}.subspan(before));
  buffer_.resize(before + (got ? *got : 0));
  if (!got) return got.error();
  const Result<bool> of_one_file = fits(before);
  if (!of_one_file || !*of_one_file) buffer_.resize(before);
  if (!of_one_file) return of_one_file;
  return buffer_.size() > before;
}

// What was read from `before` on follows what was read earlier only when that is there still: the
// file may have been cut and written anew in between.
Result<bool> EventStream::fits(std::size_t before) const {
  ASSIGN_OR_RETURN(const bool taken_is_there, taken_.still_ends(file_));
  if (!taken_is_there) return false;
  return read_ahead_is_there(before > 0 ? before : std::min(buffer_.size(), kTailSize));
}

/// Whether the file has, up to `end` of the buffer, the last kTailSize bytes of what is fed to
/// nothing yet.
Result<bool> EventStream::read_ahead_is_there(std::size_t end) const {
  const std::size_t from = std::max(fed_, end > kTailSize ? end - kTailSize : 0);
  if (from >= end) return true;
  Buffer now(end - from);
  const ByteOffset at{taken_.size().value - fed_ + from};
  ASSIGN_OR_RETURN(const std::size_t got, file_.read(at, now));
  return got == now.size() && std::ranges::equal(now, Bytes{buffer_}.subspan(from, end - from));
}

RawEvent EventStream::take(std::size_t payload, std::size_t whole) {
  RawEvent event;
  event.line = (before_skip_ ? before_skip_->lines : lines_) + 1;
  event.size = skipped_ + payload;
  event.oversize = event.size > format::kRecordMax;
  const Bytes bytes = unread().first(whole);
  event.hole = std::exchange(hole_, 0);
  if (event.oversize) {
    skipped_hash_.feed(bytes.first(payload));
    event.sha256 = skipped_hash_.finish();
  } else {
    event.payload = bytes.first(payload);
  }
  lines_ += count_newlines(bytes);
  cursor_ += whole;
  searched_ = cursor_;
  skipped_ = 0;
  before_skip_.reset();
  return event;
}

std::optional<RawEvent> EventStream::cut() {
  while (true) {
    std::optional<std::size_t> end;
    if (framing_ == Framing::kLines || skipped_ > 0) {
      end = find_newline(buffer_, std::max(searched_, cursor_));
      if (end) *end -= cursor_;
      searched_ = buffer_.size();
    } else {
      end = find_message_end(unread());
    }
    if (!end) return std::nullopt;
    const bool empty = skipped_ == 0 && is_empty_line(unread().first(*end));
    const RawEvent event = take(*end, *end + 1);
    if (!empty) return event;
    if (at_hole()) return std::nullopt;
  }
}

bool EventStream::at_hole() const {
  return skipped_ == 0 && begins_with_hole(unread());
}

/// Returns whether something follows it. What it consists of is not read: a hole may be as large as
/// all that was ever written to the file.
Result<bool> EventStream::pass_hole() {
  settle();
  buffer_ = Buffer{};
  searched_ = 0;
  ASSIGN_OR_RETURN(const std::optional<ByteOffset> end, file_.after_zeros(taken_.size()));
  if (!end) return false;
  hole_ += end->value - taken_.size().value;
  const Buffer zeros(kChunk);
  while (taken_.size() < *end)
    taken_.feed(Bytes{zeros}.first(static_cast<std::size_t>(
        std::min<std::uint64_t>(kChunk, end->value - taken_.size().value))));
  return true;
}

// An event that no record can hold is passed over piece by piece.
void EventStream::skip_buffered() {
  if (!before_skip_) before_skip_ = position();
  skipped_ += unread().size();
  skipped_hash_.feed(unread());
  lines_ += count_newlines(unread());
  cursor_ = searched_ = buffer_.size();
}

Result<std::optional<RawEvent>> EventStream::next() {
  while (true) {
    if (at_hole()) {
      ASSIGN_OR_RETURN(const bool passed, pass_hole());
      if (!passed) return std::optional<RawEvent>{};
    }
    if (std::optional<RawEvent> event = cut()) return event;
    if (at_hole()) continue;
    if (unread().size() > format::kRecordMax || skipped_ > 0) skip_buffered();
    ASSIGN_OR_RETURN(const bool more, fill());
    if (!more) return std::optional<RawEvent>{};
  }
}

Result<std::optional<RawEvent>> EventStream::next_or_rest() {
  ASSIGN_OR_RETURN(std::optional<RawEvent> event, next());
  if (event) return event;
  if (skipped_ == 0 && is_empty_line(unread())) return std::optional<RawEvent>{};
  std::size_t payload = unread().size();
  if (payload > 0 && unread()[payload - 1] == std::byte{'\n'}) --payload;
  return std::optional(take(payload, unread().size()));
}

Result<Bytes> EventStream::look() {
  if (unread().empty()) RETURN_IF_ERROR(fill());
  return unread();
}

Position EventStream::position() {
  if (before_skip_) return *before_skip_;
  taken_.feed(Bytes{buffer_}.subspan(fed_, cursor_ - fed_));
  fed_ = cursor_;
  return {path_, file_.id(), taken_.size(), lines_, taken_.fingerprint(), Standing::kOpen};
}

Result<bool> EventStream::intact() {
  static_cast<void>(position());  // feeds what was returned
  // Cut within a line that waits for its end: what was read ahead is not in the file any more.
  ASSIGN_OR_RETURN(const bool ahead, read_ahead_is_there(buffer_.size()));
  if (!ahead) buffer_.resize(cursor_);
  searched_ = std::min(searched_, buffer_.size());
  if (!ahead && untouched()) return false;
  return taken_.still_ends(file_);
}

}  // namespace varve::collect
