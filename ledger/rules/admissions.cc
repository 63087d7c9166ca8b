// One walk over the key events: a suspicion is handed on by each signature that nobody else's
// stands beside.
#include "ledger/rules/admissions.h"

#include <algorithm>
#include <map>

namespace varve::rules {
namespace {

/// Key id -> the first record in which the key's word is worth nothing. Ids of a log's keys are
/// unique.
using Suspects = std::map<std::uint32_t, LeafIndex>;

struct OpenedEvent {
  format::Note note;
  format::KeyEvent event;
};

OpenedEvent open_event_at(const KeyEventAt& at) {
  auto note = format::parse_note(at.note);
  CHECK(note.has_value());  // the timeline took it
  auto event = format::parse_key_event(note->text);
  CHECK(event.has_value());
  return {std::move(*note), std::move(*event)};
}

/// The keys that were active before the event and signed it.
std::vector<format::VerifierKey> signers_of(const format::Note& note, LeafIndex index,
                                            const KeyTimeline& keys) {
  const auto active = keys.active_at(size_before(index));
  const auto signers = format::verify_note(note, active);
  std::vector<format::VerifierKey> found;
  if (!signers) return found;  // the log's first event: no key was before it
  for (const std::size_t k : *signers) found.push_back(active[k]);
  return found;
}

bool is_suspect(const Suspects& suspects, const format::VerifierKey& key, LeafIndex index) {
  const auto since = suspects.find(key.id);
  return since != suspects.end() && index >= since->second;
}

}  // namespace

std::vector<StolenKey> revoked_keys(const KeyTimeline& keys) {
  std::vector<StolenKey> revoked;
  for (const KeyEventAt& at : keys.events()) {
    const format::KeyEvent event = open_event_at(at).event;
    if (event.action != format::KeyAction::kRevoke) continue;
    // A later revocation of the same key names a smaller size.
    std::erase_if(revoked, [&](const StolenKey& stolen) { return stolen.key == event.key; });
    revoked.push_back({event.key, event.last_size});
  }
  return revoked;
}

Admissions admissions_by(std::span<const StolenKey> stolen, const KeyTimeline& keys,
                         std::span<const format::VerifierKey> trusted) {
  Suspects suspects;
  for (const StolenKey& one : stolen) suspects[one.key.id] = LeafIndex{one.last_size.value};
  Admissions admissions;
  for (const KeyEventAt& at : keys.events()) {
    const auto [note, event] = open_event_at(at);
    if (event.action == format::KeyAction::kApprovers && is_suspect(suspects, event.key, at.index))
      admissions.approvers.push_back(at.index);
    const bool is_of_witnesses = event.action == format::KeyAction::kWitnessKey;
    if (event.action != format::KeyAction::kRotate && !is_of_witnesses) continue;
    auto by = signers_of(note, at.index, keys);
    const bool on_their_word_alone = std::ranges::all_of(
        by, [&](const auto& signer) { return is_suspect(suspects, signer, at.index); });
    if (!on_their_word_alone || std::ranges::count(trusted, event.key) != 0) continue;
    if (is_of_witnesses) {
      admissions.witness_keys.push_back(at.index);
      continue;
    }
    suspects[event.key.id] = LeafIndex{0};
    admissions.keys.push_back({event.key, at.index, std::move(by)});
  }
  return admissions;
}

bool still_counts(const AdmittedKey& admitted, const KeyHistory& history) {
  return history.counts(admitted.key, TreeSize{admitted.joined.value + 1});
}

}  // namespace varve::rules
