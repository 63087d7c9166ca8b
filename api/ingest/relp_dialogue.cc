// The order of commands and numbers.
#include "api/ingest/relp_dialogue.h"

#include <algorithm>

namespace varve::api {
namespace {

using Kind = RelpStep::Kind;

constexpr std::uint32_t kNumberMax = 999'999'999;  // the next one is 1

/// Of offers, one a line, whether `commands` names syslog. Without that line a sender has not said.
bool may_send_syslog(std::string_view offers) {
  constexpr std::string_view kCommands = "commands=";
  while (!offers.empty()) {
    const std::size_t end = std::min(offers.find('\n'), offers.size());
    std::string_view line = offers.substr(0, end);
    offers.remove_prefix(std::min(end + 1, offers.size()));
    if (!line.starts_with(kCommands)) continue;
    line.remove_prefix(kCommands.size());
    while (!line.empty()) {
      const std::size_t comma = std::min(line.find(','), line.size());
      if (line.substr(0, comma) == "syslog") return true;
      line.remove_prefix(std::min(comma + 1, line.size()));
    }
    return false;
  }
  return true;
}

RelpStep refuse(std::uint32_t number, std::string_view why) {
  return {Kind::kEnd, number, {}, kRelpRefused, why};
}

}  // namespace

bool RelpDialogue::is_next(std::uint32_t number) const {
  return last_ == 0 || number == (last_ == kNumberMax ? 1 : last_ + 1);
}

RelpStep RelpDialogue::step(const RelpFrame& frame) {
  const std::uint32_t number = frame.number;
  if (number == 0) {
    const bool wants_answer =
        frame.command == "syslog" || frame.command == "open" || frame.command == "close";
    return wants_answer ? refuse(0, "a command has no number, so it cannot be answered")
                        : RelpStep{Kind::kAnswer};
  }
  if (frame.command == "rsp") return refuse(0, "an answer came, and nothing was asked");
  if (!is_next(number)) return refuse(number, "the numbers of commands do not follow each other");
  last_ = number;
  if (frame.command == "open") {
    if (open_) return refuse(number, "the session is open already");
    if (!may_send_syslog(frame.data)) return refuse(number, "this server takes the command syslog");
    open_ = true;
    return {Kind::kAnswer,
            number,
            {},
            kRelpOk,
            "OK\nrelp_version=0\nrelp_software=varve\ncommands=syslog"};
  }
  if (!open_) return refuse(number, "a session begins with open");
  if (frame.command == "close") return {Kind::kEnd, number, {}, kRelpOk, "OK"};
  if (frame.command != "syslog")
    return {Kind::kAnswer, number, {}, kRelpRefused, "this server takes the command syslog"};
  if (frame.data.empty()) return {Kind::kAnswer, number, {}, kRelpOk, "OK"};
  return {Kind::kMessage, number, frame.data};
}

Result<RelpStep> RelpDialogue::next() {
  for (;;) {
    auto frame = framer_.next();
    if (!frame) return std::move(frame).error();
    if (!*frame) return RelpStep{};
    const RelpStep out = step(**frame);
    if (out.kind != Kind::kAnswer || out.number != 0) return out;  // else a hint
  }
}

}  // namespace varve::api
