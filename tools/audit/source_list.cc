// One line a source.
#include "tools/audit/source_list.h"

#include <algorithm>
#include <array>
#include <string>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/format/sender.h"
#include "ledger/verify/source_text.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kSecondUs = 1'000'000;

std::string_view kind_of(SourceId id, const verify::Chain& chain) {
  if (id == format::kLogItself) return "the log";
  return format::source_kind(chain.name, chain.key.has_value());
}

std::uint64_t seconds_since(std::uint64_t then_us, std::uint64_t now_us) {
  return (now_us - std::min(now_us, then_us)) / kSecondUs;
}

/// " 3 d 4 h": what is between the two, in two units; "" when that is no second.
std::string duration_text(std::uint64_t from_us, std::uint64_t to_us) {
  struct Unit {
    std::uint64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits{{{86'400, " d"}, {3'600, " h"}, {60, " min"}, {1, " s"}}};
  std::uint64_t left = seconds_since(from_us, to_us);
  std::string text;
  int said = 0;
  for (const Unit& unit : kUnits) {
    if (said == 2 || (said == 0 && left < unit.seconds)) continue;
    text.append(" ").append(std::to_string(left / unit.seconds)).append(unit.name);
    left %= unit.seconds;
    ++said;
  }
  return text;
}

/// A source whose newest event says that it had none to send.
std::string heartbeat_line(const rules::HeartbeatAt& at, std::uint64_t sealed_us,
                           std::uint64_t now_us) {
  const std::string ago = duration_text(sealed_us, now_us);
  const std::string idle = duration_text(at.heartbeat.since_us, now_us);
  switch (format::pulse_of(at.heartbeat, seconds_since(sealed_us, now_us))) {
    case format::Pulse::kAlive:
      return ", a heartbeat" + (ago.empty() ? "" : " of" + ago + " ago") +
             ": alive, nothing to send" + (idle.empty() ? "" : " for" + idle);
    case format::Pulse::kOverdue:
      return ", a heartbeat: silent for" + ago + ", though it promised one every " +
             std::to_string(at.heartbeat.interval_s) + " s";
    case format::Pulse::kStopped:
      return ", a heartbeat" + (ago.empty() ? "" : " of" + ago + " ago") + ": it stopped";
  }
  return "";
}

std::string line_of(SourceId id, const verify::Chain& chain, std::uint64_t now_us) {
  std::string line = "\n" + chain.name;
  if (id != format::kLogItself) line.append(", ").append(kind_of(id, chain));
  if (chain.end.next_event == 0) return line + ": no events";
  line.append(": ").append(std::to_string(chain.end.next_event));
  line.append(chain.end.next_event == 1 ? " event" : " events, none missing, none twice");
  line.append(", the last in record ").append(std::to_string(chain.last_event.value));
  if (chain.heartbeat)
    return line.append(heartbeat_line(*chain.heartbeat, chain.last_sealed_us, now_us));
  const std::string silent = duration_text(chain.last_sealed_us, now_us);
  return silent.empty() ? line : line.append(", silent for").append(silent);
}

std::string json_of(const rules::HeartbeatAt& at, std::uint64_t silent_s) {
  return AnswerJson()
      .add("record", at.index.value)
      .add("pulse", format::pulse_text(format::pulse_of(at.heartbeat, silent_s)))
      .add("since_us", at.heartbeat.since_us)
      .add("interval_s", at.heartbeat.interval_s)
      .add("waiting", at.heartbeat.waiting)
      .take();
}

std::string json_of(SourceId id, const verify::Chain& chain, std::uint64_t now_us) {
  AnswerJson json;
  json.add("name", chain.name)
      .add("id", verify::source_hex(id))
      .add("kind", kind_of(id, chain))
      .add("events", chain.end.next_event)
      .add("gaps", std::uint64_t{0})  // else the log is not intact, and this is not printed
      .add("duplicates", std::uint64_t{0});
  if (chain.end.next_event == 0) return json.take();
  const std::uint64_t silent_s = seconds_since(chain.last_sealed_us, now_us);
  json.add("last_event", chain.last_event.value)
      .add("last_sealed_us", chain.last_sealed_us)
      .add("silent_s", silent_s);
  if (chain.heartbeat) json.raw("heartbeat", json_of(*chain.heartbeat, silent_s));
  return json.take();
}

}  // namespace

Answer describe_sources(const verify::Intact& intact) {
  const std::uint64_t now_us = env::posix_clock().now_us();
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  Answer answer;
  answer.line = "intact: " + std::to_string(tree.size.value) + " records of " + tree.origin;
  std::string list;
  for (const auto& [id, chain] : intact.chains) {
    answer.line += line_of(id, chain, now_us);
    list.append(list.empty() ? "" : ",").append(json_of(id, chain, now_us));
  }
  AnswerJson json;
  json.add("result", "intact").add("origin", tree.origin).add("size", tree.size.value);
  add_mode(intact, json);
  answer.json = json.raw("sources", "[" + list + "]").take();
  add_gone(intact.destroyed, answer);
  return answer;
}

}  // namespace varve::audit
