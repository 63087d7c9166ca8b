// One input file as a stream of events: lines, or syslog messages that may span lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/running_hash.h"
#include "tools/collect/input_file.h"
#include "tools/collect/position.h"
#include "tools/collect/taken.h"

namespace varve::collect {

enum class Framing : std::uint8_t {
  kLines,   // an event ends at a newline
  kSyslog,  // a message that begins with <PRI> ends before the next line that does
};

/// Where the first event in `bytes` ends: the index of its closing newline. Nothing: it is not
/// there yet (or, for kSyslog, it cannot be known yet).
std::optional<std::size_t> find_event_end(Bytes bytes, Framing framing);

/// No zero byte but where a line begins: there it is a hole.
bool is_text(Bytes bytes);

/// `payload` is exactly what the file has, without the closing newline; a view until the next call.
struct RawEvent {
  Bytes payload;           // empty when oversize
  std::uint64_t line = 0;  // where it begins, counted from 1
  std::uint64_t size = 0;  // bytes, also when oversize
  bool oversize = false;   // longer than any record: it was skipped, say so
  Hash sha256;             // of an oversize one
  std::uint64_t hole = 0;  // zero bytes before it
};

/// What people are told of it.
std::string hole_text(const std::string& where, std::uint64_t size);

/// Thread: one. Empty lines (nothing, or a lone carriage return) are no events. Zero bytes where a
/// line begins are a hole: a writer that goes on at its old offset in a file that was cut under it
/// leaves one. It is no part of the event, and passed over once something follows it: a writer may
/// also lay its file out in advance.
class EventStream {
 public:
  /// From the beginning of the file.
  EventStream(std::string path, InputFile file, Framing framing);
  /// From where `taken` ends.
  EventStream(std::string path, InputFile file, Framing framing, Taken taken, std::uint64_t lines);

  /// The next whole event; nothing when the file has no more for now. Errors: kIo.
  Result<std::optional<RawEvent>> next();
  /// For a file that will not grow any more: also what follows its last newline.
  Result<std::optional<RawEvent>> next_or_rest();

  /// What is there of the next events; reads on when nothing waits. A view until the next call.
  /// Errors: kIo.
  Result<Bytes> look();
  /// Whether nothing was returned yet, from the beginning of the file on.
  [[nodiscard]] bool untouched() const { return taken_.size() == ByteOffset{0} && cursor_ == 0; }
  /// After the event returned last.
  [[nodiscard]] Position position();
  [[nodiscard]] const InputFile& file() const { return file_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// What was returned, and more while an oversize event is passed over.
  [[nodiscard]] const Taken& taken() const { return taken_; }
  /// Whether the file still has what was taken from it, or, while nothing was, what was read ahead
  /// of that (and is forgotten then); else it was cut or written anew.
  [[nodiscard]] Result<bool> intact();

 private:
  Result<bool> fill();
  [[nodiscard]] Result<bool> fits(std::size_t before) const;
  [[nodiscard]] Result<bool> read_ahead_is_there(std::size_t end) const;
  std::optional<RawEvent> cut();
  RawEvent take(std::size_t payload, std::size_t whole);
  [[nodiscard]] bool at_hole() const;
  Result<bool> pass_hole();
  void skip_buffered();
  void settle();
  [[nodiscard]] Bytes unread() const { return Bytes{buffer_}.subspan(cursor_); }

  std::string path_;
  InputFile file_;
  Framing framing_;
  Taken taken_;  // up to fed_
  std::uint64_t lines_ = 0;
  Buffer buffer_;                  // of the file, from taken_.size() - fed_ on
  std::size_t fed_ = 0;            // of the buffer: in taken_
  std::size_t cursor_ = 0;         // of the buffer: returned as events
  std::size_t searched_ = 0;       // of the buffer: known to hold no end
  std::uint64_t skipped_ = 0;      // bytes of an oversize event passed so far
  env::RunningHash skipped_hash_;  // of these
  std::uint64_t hole_ = 0;         // zero bytes passed over since the last event
  std::optional<Position> before_skip_;
};

}  // namespace varve::collect
