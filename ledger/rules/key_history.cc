// The walk from a log's first key to today's.
#include "ledger/rules/key_history.h"

#include <algorithm>
#include <span>

#include "ledger/rules/same_key.h"

namespace varve::rules {
namespace {

bool same_name_and_id(const format::VerifierKey& a, const format::VerifierKey& b) {
  return a.id == b.id && a.name == b.name;
}

bool has(const std::vector<format::VerifierKey>& keys, const format::VerifierKey& key) {
  return std::ranges::any_of(
      keys, [&](const format::VerifierKey& k) { return same_name_and_id(k, key); });
}

bool has_pair(const std::vector<format::VerifierKey>& keys, const format::VerifierKey& key) {
  return std::ranges::any_of(keys, [&](const format::VerifierKey& k) { return same_key(k, key); });
}

/// At least one of `keys` signed, and no signature by any of them fails.
Result<void> signed_by_one_of(const format::Note& note, std::span<const format::VerifierKey> keys,
                              std::string_view who) {
  if (auto signers = format::verify_note(note, keys); !signers)
    return corrupt("the key event is not signed by " + std::string(who) + ": " +
                   signers.error().message);
  return {};
}

/// At least `needed` of the approvers signed, and no signature by any of them fails.
Result<void> approved(const format::Note& note, std::uint32_t needed,
                      std::span<const format::VerifierKey> approvers) {
  if (needed == 0) return {};
  const auto signers = format::verify_note(note, approvers);
  if (!signers) return corrupt("the key event is not approved: " + signers.error().message);
  if (signers->size() >= needed) return {};
  return corrupt("the key event has " + std::to_string(signers->size()) +
                 " approval(s), it needs " + std::to_string(needed));
}

}  // namespace

KeyHistory KeyHistory::trusting(std::string origin, format::VerifierKey first) {
  KeyHistory history(std::move(origin));
  history.trusted_ = std::move(first);
  return history;
}

Result<void> KeyHistory::apply(std::string_view note_bytes) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(note_bytes));
  ASSIGN_OR_RETURN(format::KeyEvent event, format::parse_key_event(note.text));
  if (event.origin != origin_)
    return invalid("the key event is of " + event.origin + ", not of " + origin_);
  if (event.key.name != origin_) return invalid("a log's key carries the log's origin as its name");
  RETURN_IF_ERROR(approved(note, approvals_, approvers_));
  return apply_parsed(note, std::move(event));
}

Result<void> KeyHistory::apply_parsed(const format::Note& note, format::KeyEvent event) {
  switch (event.action) {
    case format::KeyAction::kCreate:
      return create(note, std::move(event.key));
    case format::KeyAction::kRotate:
      return rotate(note, std::move(event.key));
    case format::KeyAction::kRetire:
      return retire(note, event.key);
    case format::KeyAction::kRevoke:
      return revoke(note, event.key, event.last_size);
    case format::KeyAction::kApprovers:
      return set_approvers(note, std::move(event));
    case format::KeyAction::kWitnessKey:
      return name_witness_key(note, std::move(event.key));
  }
  return invalid("a key event with an unknown action");
}

Result<void> KeyHistory::create(const format::Note& note, format::VerifierKey key) {
  if (!all_.empty()) return invalid("only a log's first key event creates a key");
  if (trusted_ && *trusted_ != key)
    return corrupt("the log begins with another key than the one that is trusted");
  RETURN_IF_ERROR(signed_by_one_of(note, {&key, 1}, "the key it creates"));
  active_.push_back(key);
  all_.push_back(std::move(key));
  return {};
}

Result<void> KeyHistory::rotate(const format::Note& note, format::VerifierKey key) {
  if (all_.empty()) return invalid("a log's first key event creates its first key");
  if (has(all_, key) || has(witness_keys_, key))
    return invalid("this key, or one with its id, was a key of this log before");
  RETURN_IF_ERROR(signed_by_one_of(note, active_, "an active key"));
  RETURN_IF_ERROR(signed_by_one_of(note, {&key, 1}, "the key that joins"));
  active_.push_back(key);
  all_.push_back(std::move(key));
  return {};
}

/// The one before it need not sign: it may be lost, or somebody else's by now.
Result<void> KeyHistory::name_witness_key(const format::Note& note, format::VerifierKey key) {
  if (all_.empty()) return invalid("a log's first key event creates its first key");
  if (has(all_, key) || has(witness_keys_, key))
    return invalid("this key, or one with its id, was a key of this log before");
  RETURN_IF_ERROR(signed_by_one_of(note, active_, "an active key"));
  if (has_pair(approvers_, key))
    return invalid("the witness key is an approver's: an approval is somebody else's");
  RETURN_IF_ERROR(signed_by_one_of(note, {&key, 1}, "the witness key"));
  witness_keys_.push_back(std::move(key));
  return {};
}

Result<void> KeyHistory::retire(const format::Note& note, const format::VerifierKey& key) {
  const auto it = std::ranges::find(active_, key);
  if (it == active_.end()) return invalid("the key to retire is not an active key of this log");
  if (active_.size() == 1) return invalid("a log's last key cannot be retired");
  std::vector<format::VerifierKey> staying = active_;
  staying.erase(staying.begin() + (it - active_.begin()));
  RETURN_IF_ERROR(signed_by_one_of(note, active_, "an active key"));  // the leaving key's too
  RETURN_IF_ERROR(signed_by_one_of(note, staying, "a key that stays"));
  active_ = std::move(staying);
  return {};
}

/// A key that a thief may hold speaks neither for nor against its own end.
Result<void> KeyHistory::revoke(const format::Note& note, const format::VerifierKey& key,
                                TreeSize last_size) {
  if (has(witness_keys_, key))
    return invalid("this is a witness key, which leaves when another is named in its place");
  if (std::ranges::find(all_, key) == all_.end())
    return invalid("the key to revoke was never a key of this log");
  if (const auto before = revoked_.find(key.id); before != revoked_.end()) {
    if (last_size >= before->second)
      return invalid("this key's signatures do not count past " +
                     std::to_string(before->second.value) +
                     " leaves already: a revocation can only take more away");
  }
  std::vector<format::VerifierKey> staying = active_;
  std::erase(staying, key);
  if (staying.empty())
    return invalid("a log's last key cannot be revoked: let another key join first");
  RETURN_IF_ERROR(signed_by_one_of(note, staying, "a key that stays"));
  active_ = std::move(staying);
  revoked_[key.id] = last_size;
  return {};
}

/// The ones before approve of the ones to come, who show that they hold their keys.
Result<void> KeyHistory::set_approvers(const format::Note& note, format::KeyEvent event) {
  if (std::ranges::find(active_, event.key) == active_.end())
    return invalid("the key that names the approvers is not an active key of this log");
  if (event.approvals == approvals_ && event.approvers == approvers_)
    return invalid("these are the approvers already");
  for (const format::VerifierKey& approver : event.approvers)
    if (has_pair(witness_keys_, approver))
      return invalid("the approver " + approver.name + " has a witness key of this log");
  RETURN_IF_ERROR(signed_by_one_of(note, {&event.key, 1}, "the key that names the approvers"));
  RETURN_IF_ERROR(approved(note, event.approvals, event.approvers));
  approvals_ = event.approvals;
  approvers_ = std::move(event.approvers);
  return {};
}

bool KeyHistory::counts(const format::VerifierKey& key, TreeSize size) const {
  const auto revoked = revoked_.find(key.id);
  return revoked == revoked_.end() || size <= revoked->second;
}

}  // namespace varve::rules
