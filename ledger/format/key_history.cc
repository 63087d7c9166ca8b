// The walk from a log's first key to today's.
#include <algorithm>

#include "ledger/format/control.h"

namespace varve::format {
namespace {

bool same_name_and_id(const VerifierKey& a, const VerifierKey& b) {
  return a.id == b.id && a.name == b.name;
}

bool has(const std::vector<VerifierKey>& keys, const VerifierKey& key) {
  return std::ranges::any_of(keys, [&](const VerifierKey& k) { return same_name_and_id(k, key); });
}

/// At least one of `keys` signed, and no signature by any of them fails.
Result<void> signed_by_one_of(const Note& note, std::span<const VerifierKey> keys,
                              std::string_view who) {
  if (auto signers = verify_note(note, keys); !signers)
    return corrupt("the key event is not signed by " + std::string(who) + ": " +
                   signers.error().message);
  return {};
}

}  // namespace

KeyHistory KeyHistory::trusting(std::string origin, VerifierKey first) {
  KeyHistory history(std::move(origin));
  history.trusted_ = std::move(first);
  return history;
}

Result<void> KeyHistory::apply(std::string_view note_bytes) {
  ASSIGN_OR_RETURN(const Note note, parse_note(note_bytes));
  ASSIGN_OR_RETURN(KeyEvent event, parse_key_event(note.text));
  if (event.origin != origin_)
    return invalid("the key event is of " + event.origin + ", not of " + origin_);
  if (event.key.name != origin_) return invalid("a log's key carries the log's origin as its name");
  switch (event.action) {
    case KeyAction::kCreate:
      return create(note, std::move(event.key));
    case KeyAction::kRotate:
      return rotate(note, std::move(event.key));
    case KeyAction::kRetire:
      return retire(note, event.key);
  }
  return invalid("a key event with an unknown action");
}

Result<void> KeyHistory::create(const Note& note, VerifierKey key) {
  if (!all_.empty()) return invalid("only a log's first key event creates a key");
  if (trusted_ && *trusted_ != key)
    return corrupt("the log begins with another key than the one that is trusted");
  RETURN_IF_ERROR(signed_by_one_of(note, {&key, 1}, "the key it creates"));
  active_.push_back(key);
  all_.push_back(std::move(key));
  return {};
}

Result<void> KeyHistory::rotate(const Note& note, VerifierKey key) {
  if (all_.empty()) return invalid("a log's first key event creates its first key");
  if (has(all_, key)) return invalid("this key, or one with its id, was a key of this log before");
  RETURN_IF_ERROR(signed_by_one_of(note, active_, "an active key"));
  RETURN_IF_ERROR(signed_by_one_of(note, {&key, 1}, "the key that joins"));
  active_.push_back(key);
  all_.push_back(std::move(key));
  return {};
}

Result<void> KeyHistory::retire(const Note& note, const VerifierKey& key) {
  const auto it = std::ranges::find(active_, key);
  if (it == active_.end()) return invalid("the key to retire is not an active key of this log");
  if (active_.size() == 1) return invalid("a log's last key cannot be retired");
  std::vector<VerifierKey> staying = active_;
  staying.erase(staying.begin() + (it - active_.begin()));
  RETURN_IF_ERROR(signed_by_one_of(note, active_, "an active key"));  // the leaving key's too
  RETURN_IF_ERROR(signed_by_one_of(note, staying, "a key that stays"));
  active_ = std::move(staying);
  return {};
}

}  // namespace varve::format
