// "Nothing happened since": what a source that seals says of itself while it has nothing to send.
// docs/format/batch.md#heartbeats
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/record.h"

namespace varve::format {

// Payload of a kHeartbeat record:
//   varve heartbeat v1
//   since <microseconds>  since 1970 UTC, by the source's clock: it has taken no event from then on
//   interval <seconds>    it seals something at least so often; 0: it stops here
//   waiting <batches>     sealed before this one, and the source had no receipt for them yet
struct Heartbeat {
  std::uint64_t since_us = 0;
  std::uint64_t interval_s = 0;
  std::uint64_t waiting = 0;
  bool operator==(const Heartbeat&) const = default;
};

std::string heartbeat_text(const Heartbeat& heartbeat);
/// Errors: kInvalid  not as heartbeat_text writes it.
Result<Heartbeat> parse_heartbeat(std::string_view text);
/// That of a record of this kind. Errors: kInvalid  another media type, or not a heartbeat.
Result<Heartbeat> decode_heartbeat(const Record& record);

/// What is known of a source whose newest record is a heartbeat.
enum class Pulse : std::uint8_t {
  kAlive,    // it has nothing to send
  kOverdue,  // it said nothing for twice its interval
  kStopped,  // it said that it stops
};
/// `silent_s`: seconds since the heartbeat was sealed.
Pulse pulse_of(const Heartbeat& heartbeat, std::uint64_t silent_s);
/// "alive", "overdue" or "stopped".
std::string_view pulse_text(Pulse pulse);

}  // namespace varve::format
