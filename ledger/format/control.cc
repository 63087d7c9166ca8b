// Texts of key events and source events.
#include "ledger/format/control.h"

#include <array>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/record.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kKeyTitle = "varve key event v1";
constexpr std::string_view kWitnessKeyTitle = "varve witness key v1";
constexpr std::string_view kSourceTitle = "varve source event v1";
constexpr std::array<std::string_view, 5> kKeyActions{"create", "rotate", "retire", "revoke",
                                                      "approvers"};
constexpr std::array<std::string_view, 2> kSourceActions{"register", "rotate"};

/// `action`: empty where the title says it.
std::string event_text(std::string_view title, std::string_view origin, std::string_view action,
                       const VerifierKey& key) {
  std::string text(title);
  text.append("\norigin ").append(origin);
  if (!action.empty()) text.append("\naction ").append(action);
  return text.append("\nkey ").append(format_vkey(key)).append("\n");
}

/// The lines that every event begins with, and what follows them. Without actions there is no such line.
struct EventParts {
  std::string origin;
  std::size_t action = 0;
  VerifierKey key;
  std::string_view rest;
};

Result<EventParts> parse_event(std::string_view text, std::string_view title,
                               std::span<const std::string_view> actions) {
  const auto because = [&](std::string_view why) {
    return invalid("not a " + std::string(title) + ": " + std::string(why));
  };
  if (take_line(text) != title) return because("its first line is another");
  const auto origin = take_labelled(text, "origin ");
  const auto action = actions.empty() ? std::string_view() : take_labelled(text, "action ");
  const auto key = take_labelled(text, "key ");
  if (!origin || !action || !key) return because("its lines are not those of its kind, in order");
  if (!is_key_name(*origin)) return because("its origin is empty or has a space or plus");
  std::size_t a = 0;
  while (a != actions.size() && actions[a] != *action) ++a;
  if (a == actions.size() && !actions.empty()) return because("its action is not known");
  ASSIGN_OR_RETURN(VerifierKey parsed, parse_vkey(*key));
  return EventParts{std::string(*origin), a, std::move(parsed), text};
}

Result<void> nothing_more(std::string_view rest) {
  if (rest.empty()) return {};
  return invalid("the event has lines that its action does not have");
}

bool joins(KeyAction action) {
  return action == KeyAction::kCreate || action == KeyAction::kRotate ||
         action == KeyAction::kWitnessKey;
}

Result<TreeSize> take_last_size(std::string_view& rest) {
  const auto size = take_labelled(rest, "last-size ");
  if (!size) return invalid("a revocation says last-size: until where the key's signatures count");
  ASSIGN_OR_RETURN(const std::uint64_t leaves, decode_decimal(*size));
  return TreeSize{leaves};
}

std::string approvers_text(const KeyEvent& event) {
  std::string text("approvals ");
  text.append(std::to_string(event.approvals)).append("\n");
  for (const VerifierKey& approver : event.approvers)
    text.append("approver ").append(format_vkey(approver)).append("\n");
  return text;
}

/// Each approver is somebody else, by name. Their keys: approver_rules.h.
Result<void> is_another_person(const VerifierKey& approver, const KeyEvent& event) {
  for (const VerifierKey& other : event.approvers)
    if (other.name == approver.name) return invalid("two approvers have the same name");
  if (approver.name == event.origin) return invalid("an approver has the log's name");
  return {};
}

Result<void> take_approvers(std::string_view& rest, KeyEvent& event) {
  const auto approvals = take_labelled(rest, "approvals ");
  if (!approvals) return invalid("an event that names approvers says how many approvals it takes");
  ASSIGN_OR_RETURN(const std::uint64_t needed, decode_decimal(*approvals));
  while (rest.starts_with("approver ")) {
    const auto line = take_labelled(rest, "approver ");
    if (!line) return invalid("an approver's line does not end");
    ASSIGN_OR_RETURN(VerifierKey approver, parse_vkey(*line));
    RETURN_IF_ERROR(is_another_person(approver, event));
    event.approvers.push_back(std::move(approver));
  }
  if (event.approvers.size() > kApproversMax)
    return invalid("there are more than " + std::to_string(kApproversMax) + " approvers");
  if (needed == 0 || needed > event.approvers.size())
    return invalid("the approvals that are needed are none, or more than there are approvers");
  event.approvals = static_cast<std::uint32_t>(needed);
  return {};
}

/// The lines that every event has.
Result<std::pair<KeyEvent, std::string_view>> parse_head(std::string_view text) {
  const bool is_of_witnesses = kind_of_key_event(text) == Kind::kWitnessKey;
  ASSIGN_OR_RETURN(EventParts parts, is_of_witnesses ? parse_event(text, kWitnessKeyTitle, {})
                                                     : parse_event(text, kKeyTitle, kKeyActions));
  if (is_of_witnesses && parts.key.algorithm != Algorithm::kEd25519)
    return invalid("a witness key is an Ed25519 key: witnesses take no other");
  const auto action =
      is_of_witnesses ? KeyAction::kWitnessKey : static_cast<KeyAction>(parts.action);
  return std::pair(KeyEvent{action, std::move(parts.origin), std::move(parts.key)}, parts.rest);
}

}  // namespace

std::string key_event_text(const KeyEvent& event) {
  const bool is_of_witnesses = event.action == KeyAction::kWitnessKey;
  std::string text =
      is_of_witnesses ? event_text(kWitnessKeyTitle, event.origin, "", event.key)
                      : event_text(kKeyTitle, event.origin,
                                   kKeyActions[static_cast<std::size_t>(event.action)], event.key);
  if (event.action == KeyAction::kRevoke)
    text.append("last-size ").append(std::to_string(event.last_size.value)).append("\n");
  if (event.action == KeyAction::kApprovers) text.append(approvers_text(event));
  if (event.statement && joins(event.action)) text.append(statement_text(*event.statement));
  return text;
}

Result<KeyEvent> parse_key_event(std::string_view text) {
  ASSIGN_OR_RETURN(auto head, parse_head(text));
  auto& [event, rest] = head;
  if (event.action == KeyAction::kRevoke) {
    ASSIGN_OR_RETURN(event.last_size, take_last_size(rest));
  }
  if (event.action == KeyAction::kApprovers) RETURN_IF_ERROR(take_approvers(rest, event));
  if (joins(event.action) && !rest.empty()) {
    ASSIGN_OR_RETURN(event.statement, take_statement(rest));
  }
  RETURN_IF_ERROR(nothing_more(rest));
  return std::move(event);
}

Kind kind_of_key_event(std::string_view text_or_note) {
  const auto title = take_line(text_or_note);
  return title && *title == kWitnessKeyTitle ? Kind::kWitnessKey : Kind::kKeyEvent;
}

Result<void> expect_kind_of_key_event(Kind kind, std::string_view text_or_note) {
  if (kind == kind_of_key_event(text_or_note)) return {};
  return invalid("a record of kind " + kind_name(kind) + " has the text of another kind");
}

std::string source_event_text(const SourceEvent& event) {
  return event_text(kSourceTitle, event.origin,
                    kSourceActions[static_cast<std::size_t>(event.action)], event.key);
}

Result<SourceEvent> parse_source_event(std::string_view text) {
  ASSIGN_OR_RETURN(EventParts parts, parse_event(text, kSourceTitle, kSourceActions));
  RETURN_IF_ERROR(nothing_more(parts.rest));
  RETURN_IF_ERROR(source_id(parts.key.name));
  if (parts.key.algorithm != Algorithm::kEd25519)
    return invalid("a source's key is an Ed25519 key");
  return SourceEvent{static_cast<SourceAction>(parts.action), std::move(parts.origin),
                     std::move(parts.key)};
}

}  // namespace varve::format
