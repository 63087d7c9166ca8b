// Where a syslog message ends in a stream. Over TCP there are two framings, and the first byte of a
// connection tells which one its sender uses for all of it:
//
//   octet counting   70 <13>1 2026-...      a count, a space, and so many bytes
//   trailers         <13>Nov 29 ... LF      up to a line feed, which is not part of the message
//
// Over TLS octet counting is the only one. A message is what stands in its frame, byte for byte: a line
// feed that a sender counts is a part of it.
// Source: RFC 6587 section 3.4, RFC 5425 section 4.3
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/ingest/stream_buffer.h"
#include "ledger/base/result.h"

namespace varve::api {

/// On the wire. Larger ones are refused, and the connection ends, because nothing is cut silently.
inline constexpr std::size_t kSyslogMessageMax = 1u << 20;

enum class SyslogFraming : std::uint8_t { kEither, kCounted, kTrailer };

/// One connection's stream. Thread: one at a time.
class SyslogFramer {
 public:
  /// `framing`: kCounted over TLS, kEither over TCP.
  explicit SyslogFramer(SyslogFraming framing, std::size_t message_max = kSyslogMessageMax)
      : framing_(framing), message_max_(message_max) {}

  /// Bytes in their order, in pieces of any size. Take all messages before more are added: then at most
  /// one message and one piece are in memory.
  void add(std::string_view bytes) { buffer_.add(bytes); }

  /// The next message, a view until the next add(); nothing when more bytes are needed. Empty lines
  /// between messages are skipped.
  /// Errors: kInvalid  the stream is not framed, or a message is larger than message_max. Messages that
  ///         came before are whole; what comes after cannot be told apart, so end the connection. The
  ///         error stays.
  Result<std::optional<std::string_view>> next();

  /// What is left once the peer has closed: the begin of a message. Some senders end the last message
  /// with the connection, so it is kept, and marked as cut. Empty when nothing is left.
  [[nodiscard]] std::string_view rest() const { return buffer_.rest(); }
  /// Gives back memory that nothing needs now. Views are gone then.
  void shrink() { buffer_.shrink(); }
  [[nodiscard]] SyslogFraming framing() const { return framing_; }

 private:
  Result<std::optional<std::string_view>> next_counted();
  Result<std::optional<std::string_view>> next_line();
  Error too_large(const std::string& size) const;

  SyslogFraming framing_;
  const std::size_t message_max_;
  StreamBuffer buffer_;
  std::size_t searched_ = 0;  // of what is left: there is no line feed
  std::optional<Error> fault_;
};

}  // namespace varve::api
