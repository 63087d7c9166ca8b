// The form, then the signatures, then the place.
#include "ledger/rules/witnessed.h"

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/format/checkpoint.h"
#include "ledger/format/note.h"

namespace varve::rules {
namespace {

Result<void> is_signed(const format::Note& note, const format::Checkpoint& tree,
                       const KeyHistory& keys, const SignersOf& signers) {
  std::vector<format::VerifierKey> counting = signers(tree.size);
  std::erase_if(counting, [&](const auto& key) { return !keys.counts(key, tree.size); });
  if (auto signed_by = format::verify_note(note, counting); !signed_by)
    return invalid("no key that signed for the log at " + std::to_string(tree.size.value) +
                   " records signed this checkpoint: " + signed_by.error().message);
  const auto is_anothers = [&](const format::NoteSignature& line) {
    return line.name != tree.origin;
  };
  if (std::ranges::any_of(note.signatures, is_anothers)) return {};
  return invalid("nobody but the log signed this checkpoint");
}

/// Of the compliance clock, by the newest clock record in front of record `at`.
std::uint64_t day_before(LeafIndex at, const Retention& retention) {
  const ClockPoint* const point = retention.timeline().newest_in(size_before(at));
  return point == nullptr ? 0 : point->reading_us / format::unit_us(retention.policy());
}

Result<format::Note> note_in(std::string_view payload) {
  if (payload.size() <= kWitnessedMax) return format::parse_note(payload);
  return invalid("it is larger than " + std::to_string(kWitnessedMax) + " bytes");
}

}  // namespace

Result<void> may_stand_at(const WitnessedSeen& last, const format::Checkpoint& tree,
                          const Retention& retention, LeafIndex at) {
  if (tree.size > size_before(at))
    return invalid("the checkpoint is of more records than are in front of it");
  if (retention.timeline().newest_in(size_before(at)) == nullptr)
    return out_of_order("no clock record is in front of it");
  if (last.count == 0) return {};
  if (!contains(tree.size, last.newest))
    return out_of_order("the checkpoint does not cover the one in record " +
                        std::to_string(last.newest.value));
  if (day_before(at, retention) > day_before(last.newest, retention)) return {};
  return out_of_order("it is of the same day as the one in record " +
                      std::to_string(last.newest.value));
}

Result<void> check_witnessed(const WitnessedSeen& seen, const Retention& retention) {
  if (seen.count == 0) return {};
  if (retention.timeline().newest_in(size_before(seen.newest)) != nullptr) return {};
  return corrupt("no clock record is in front of the witnessed record " +
                 std::to_string(seen.newest.value));
}

Result<StatedTree> witnessed_tree(std::string_view payload, LeafIndex at) {
  ASSIGN_OR_RETURN(const format::Note note, note_in(payload));
  ASSIGN_OR_RETURN(format::Checkpoint tree, format::parse_checkpoint_text(note.text));
  if (tree.size.value == 0) return invalid("the checkpoint is of no records");
  return StatedTree{at, format::Kind::kWitnessed, std::move(tree)};
}

Result<StatedTree> judge_witnessed(const WitnessedSeen& last, std::string_view payload,
                                   const KeyHistory& keys, const SignersOf& signers,
                                   const Retention& retention, LeafIndex at) {
  ASSIGN_OR_RETURN(const format::Note note, note_in(payload));
  ASSIGN_OR_RETURN(StatedTree stated, witnessed_tree(payload, at));
  const format::Checkpoint& tree = stated.checkpoint;
  if (tree.origin != keys.origin()) return invalid("it is of another log: " + tree.origin);
  RETURN_IF_ERROR(is_signed(note, tree, keys, signers));
  RETURN_IF_ERROR(may_stand_at(last, tree, retention, at));
  return stated;
}

}  // namespace varve::rules
