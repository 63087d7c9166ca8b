// Frames of RELP, in which a sender hears of each message that it was taken.
//
//   TXNR SP COMMAND SP DATALEN [SP DATA] LF     "17 syslog 5 hello\n", "18 close 0\n"
//
// Source: the protocol's description, "RELP - The Reliable Event Logging Protocol", frame format
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/ingest/stream_buffer.h"
#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::size_t kRelpDataMax = 1u << 20;

struct RelpFrame {
  std::uint32_t number = 0;  // of the transaction, 0 ... 999,999,999; 0 is a hint without an answer
  std::string_view command;  // "open", "syslog", "close", ...
  std::string_view data;
};

/// One connection's stream. Thread: one at a time.
class RelpFramer {
 public:
  explicit RelpFramer(std::size_t data_max = kRelpDataMax) : data_max_(data_max) {}

  /// As SyslogFramer::add().
  void add(std::string_view bytes) { buffer_.add(bytes); }
  /// The next frame, views until the next add(); nothing when more bytes are needed.
  /// Errors: kInvalid  the stream is not framed, or data is larger than data_max: end the connection.
  ///         The error stays.
  Result<std::optional<RelpFrame>> next();
  /// What is left once the peer has closed: a frame that was not acknowledged, and will come again.
  [[nodiscard]] std::string_view rest() const { return buffer_.rest(); }
  /// Gives back memory that nothing needs now. Views are gone then.
  void shrink() { buffer_.shrink(); }

 private:
  Result<std::optional<RelpFrame>> read();

  const std::size_t data_max_;
  StreamBuffer buffer_;
  std::optional<Error> fault_;
};

inline constexpr unsigned kRelpOk = 200;
inline constexpr unsigned kRelpRefused = 500;

/// The answer to a frame: 200 once what it brought is durable and signed, 500 when it is refused.
/// `text`: a sentence; never what the frame says.
std::string relp_answer(std::uint32_t number, unsigned status, std::string_view text);

}  // namespace varve::api
