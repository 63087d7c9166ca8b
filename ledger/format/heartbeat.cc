// Heartbeats as text, and what their absence means.
#include "ledger/format/heartbeat.h"

#include "ledger/format/lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kHeartbeatTitle = "varve heartbeat v1";

}  // namespace

std::string heartbeat_text(const Heartbeat& heartbeat) {
  std::string text(kHeartbeatTitle);
  text.append("\nsince ").append(std::to_string(heartbeat.since_us));
  text.append("\ninterval ").append(std::to_string(heartbeat.interval_s));
  text.append("\nwaiting ").append(std::to_string(heartbeat.waiting));
  return text.append("\n");
}

Result<Heartbeat> parse_heartbeat(std::string_view text) {
  if (take_line(text) != kHeartbeatTitle) return invalid("not a " + std::string(kHeartbeatTitle));
  Heartbeat heartbeat;
  ASSIGN_OR_RETURN(heartbeat.since_us, take_number(text, "since "));
  ASSIGN_OR_RETURN(heartbeat.interval_s, take_number(text, "interval "));
  ASSIGN_OR_RETURN(heartbeat.waiting, take_number(text, "waiting "));
  if (!text.empty()) return invalid("a heartbeat has lines that it does not have");
  return heartbeat;
}

Result<Heartbeat> decode_heartbeat(const Record& record) {
  if (record.media_type != media_type_of(Kind::kHeartbeat))
    return invalid("a heartbeat's media type is not " +
                   std::string(media_type_of(Kind::kHeartbeat)));
  return parse_heartbeat(text_of(record.payload));
}

Pulse pulse_of(const Heartbeat& heartbeat, std::uint64_t silent_s) {
  if (heartbeat.interval_s == 0) return Pulse::kStopped;
  const bool in_time = silent_s / 2 <= heartbeat.interval_s;
  return in_time ? Pulse::kAlive : Pulse::kOverdue;
}

std::string_view pulse_text(Pulse pulse) {
  if (pulse == Pulse::kAlive) return "alive";
  return pulse == Pulse::kOverdue ? "overdue" : "stopped";
}

}  // namespace varve::format
