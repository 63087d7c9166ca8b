// The adapter for senders that cannot seal: splits a body into events and checks that each is
// JSON that every reader understands alike. It never changes a byte of an event.
#pragma once

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/ledger.h"

namespace varve::api {

inline constexpr std::uint32_t kJsonDepthMax = 64;  // objects and arrays within each other

/// An error in a body of many events: which line, counted from 1. 0: the body as a whole.
struct LineError {
  Error error;
  std::uint64_t line = 0;
  bool too_large = false;  // an event that no record can hold
};

/// The largest payload that a record with this media type holds.
std::size_t payload_max(std::string_view media_type);

/// Checks that `text` is one JSON object (RFC 8259): UTF-8, no key twice in one object at any
/// depth ("a" and "\u0061" are the same key), at most kJsonDepthMax deep, no half of a surrogate
/// pair in an escape, nothing after it. Numbers may be of any size.
/// `text` must have kJsonPadding readable bytes after its end.
/// Errors: kInvalid  what is wrong; never what the text says.
/// Source: RFC 8259, RFC 7493 section 2.3 (unique keys)
class JsonChecker {
 public:
  JsonChecker();
  ~JsonChecker();
  JsonChecker(const JsonChecker&) = delete;
  JsonChecker& operator=(const JsonChecker&) = delete;

  Result<void> check(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

inline constexpr std::size_t kJsonPadding = 64;

using SplitEvents = std::variant<std::vector<Event>, LineError>;

/// One JSON object a line. A line ends with LF, the last one with LF or the end of the body; all
/// else on the line, a CR before the LF too, is the event. Views into `body`, which grows by
/// kJsonPadding while it is checked and has its size again afterwards.
SplitEvents split_ndjson(Buffer& body, std::uint64_t time_us);

/// One event a body, of a media type that is stored with it; JSON types are checked as above,
/// others are kept as they are. The media type is appended to `body`, for the event to view it.
SplitEvents whole_event(Buffer& body, std::string_view media_type, bool json,
                        std::uint64_t time_us);

}  // namespace varve::api
