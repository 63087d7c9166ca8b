// What a sender of RELP asks, in its order, and what it is answered. A session is
//
//   sender                          this side
//   1 open 85 relp_version=0 ...    1 rsp 70 200 OK ...
//   2 syslog 4 <13>                 2 rsp 6 200 OK        once the message is durable and signed
//   3 syslog ...
//   4 close 0                       4 rsp 6 200 OK        and the connection ends
//
// Commands are numbered one after the other. A frame with the number 0 is a hint, which nobody answers.
// Source: the protocol's description, "RELP - The Reliable Event Logging Protocol"
#pragma once

#include <cstdint>
#include <string_view>

#include "api/ingest/relp_framing.h"
#include "ledger/base/result.h"

namespace varve::api {

/// The next thing to do.
struct RelpStep {
  enum class Kind : std::uint8_t {
    kMore,     // wait for more bytes
    kMessage,  // append `message`, then answer `number`
    kAnswer,   // answer `number` at once
    kEnd,      // the same, then end the connection; a status from 500 on is the sender's fault
  };
  Kind kind = Kind::kMore;
  std::uint32_t number = 0;  // 0: nothing can be answered
  std::string_view message =
      {};  // a view until the next add(); empty messages are answered at once
  unsigned status = 0;
  std::string_view text = {};  // of the answer; static
};

/// One connection. Thread: one at a time.
class RelpDialogue {
 public:
  /// As SyslogFramer::add().
  void add(std::string_view bytes) { framer_.add(bytes); }
  /// Errors: kInvalid  as RelpFramer::next().
  Result<RelpStep> next();
  /// Bytes of a frame that is not whole.
  [[nodiscard]] std::size_t held() const { return framer_.rest().size(); }
  void shrink() { framer_.shrink(); }

 private:
  RelpStep step(const RelpFrame& frame);
  [[nodiscard]] bool is_next(std::uint32_t number) const;

  RelpFramer framer_;
  bool open_ = false;
  std::uint32_t last_ = 0;  // number of a command; 0: there was none
};

}  // namespace varve::api
