// Texts of key events and source events.
#include "ledger/format/control.h"

#include <array>

#include "ledger/format/lines.h"
#include "ledger/format/record.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kKeyTitle = "varve key event v1";
constexpr std::string_view kSourceTitle = "varve source event v1";
constexpr std::array<std::string_view, 3> kKeyActions{"create", "rotate", "retire"};
constexpr std::array<std::string_view, 2> kSourceActions{"register", "rotate"};

std::string event_text(std::string_view title, std::string_view origin, std::string_view action,
                       const VerifierKey& key) {
  std::string text(title);
  text.append("\norigin ").append(origin).append("\naction ").append(action);
  return text.append("\nkey ").append(format_vkey(key)).append("\n");
}

struct EventParts {
  std::string origin;
  std::size_t action = 0;
  VerifierKey key;
};

Result<EventParts> parse_event(std::string_view text, std::string_view title,
                               std::span<const std::string_view> actions) {
  const auto because = [&](std::string_view why) {
    return invalid("not a " + std::string(title) + ": " + std::string(why));
  };
  if (take_line(text) != title) return because("its first line is another");
  const auto origin = take_labelled(text, "origin ");
  const auto action = take_labelled(text, "action ");
  const auto key = take_labelled(text, "key ");
  if (!origin || !action || !key || !text.empty())
    return because("its lines are not origin, action and key");
  if (!is_key_name(*origin)) return because("its origin is empty or has a space or plus");
  std::size_t a = 0;
  while (a != actions.size() && actions[a] != *action) ++a;
  if (a == actions.size()) return because("its action is not known");
  ASSIGN_OR_RETURN(VerifierKey parsed, parse_vkey(*key));
  return EventParts{std::string(*origin), a, std::move(parsed)};
}

}  // namespace

std::string key_event_text(const KeyEvent& event) {
  return event_text(kKeyTitle, event.origin, kKeyActions[static_cast<std::size_t>(event.action)],
                    event.key);
}

Result<KeyEvent> parse_key_event(std::string_view text) {
  ASSIGN_OR_RETURN(EventParts parts, parse_event(text, kKeyTitle, kKeyActions));
  return KeyEvent{static_cast<KeyAction>(parts.action), std::move(parts.origin),
                  std::move(parts.key)};
}

std::string source_event_text(const SourceEvent& event) {
  return event_text(kSourceTitle, event.origin,
                    kSourceActions[static_cast<std::size_t>(event.action)], event.key);
}

Result<SourceEvent> parse_source_event(std::string_view text) {
  ASSIGN_OR_RETURN(EventParts parts, parse_event(text, kSourceTitle, kSourceActions));
  RETURN_IF_ERROR(source_id(parts.key.name));
  if (parts.key.algorithm != Algorithm::kEd25519)
    return invalid("a source's key is an Ed25519 key");
  return SourceEvent{static_cast<SourceAction>(parts.action), std::move(parts.origin),
                     std::move(parts.key)};
}

}  // namespace varve::format
