// Comparing approvers' keys with each other and with the log's.
#include "ledger/rules/approver_rules.h"

#include <algorithm>

#include "ledger/rules/same_key.h"

namespace varve::rules {
namespace {

/// Null when none of `keys` is that key pair, under whatever name.
const format::VerifierKey* find_pair(std::span<const format::VerifierKey> keys,
                                     const format::VerifierKey& key) {
  const auto at = std::ranges::find_if(keys, [&](const auto& k) { return same_key(k, key); });
  return at == keys.end() ? nullptr : &*at;
}

Result<void> none_of(const std::vector<std::string>& shared) {
  if (shared.empty()) return {};
  return invalid(shared.front());
}

}  // namespace

std::vector<std::string> shared_keys(std::span<const format::VerifierKey> approvers,
                                     std::span<const format::VerifierKey> of_the_log) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < approvers.size(); ++k) {
    const format::VerifierKey& approver = approvers[k];
    if (const format::VerifierKey* const other = find_pair(approvers.first(k), approver))
      out.push_back("the approvers " + other->name + " and " + approver.name +
                    " have the same key: each needs a key of their own");
    if (find_pair(of_the_log, approver) != nullptr)
      out.push_back("the approver " + approver.name +
                    " has a key of the log, or one that was: an approval is somebody else's");
  }
  return out;
}

Result<void> approvers_are_others(const format::KeyEvent& event) {
  return none_of(shared_keys(event.approvers, {&event.key, 1}));
}

Result<void> may_admit(const KeyHistory& keys, std::string_view note_bytes) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(note_bytes));
  ASSIGN_OR_RETURN(const format::KeyEvent event, format::parse_key_event(note.text));
  if (event.action == format::KeyAction::kApprovers) {
    RETURN_IF_ERROR(approvers_are_others(event));
    return none_of(shared_keys(event.approvers, keys.all()));
  }
  if (event.action != format::KeyAction::kRotate) return {};
  const format::VerifierKey* const person = find_pair(keys.approvers(), event.key);
  if (person == nullptr) return {};
  return invalid("the key that joins is that of the approver " + person->name +
                 ": the log would approve of its own key events");
}

}  // namespace varve::rules
