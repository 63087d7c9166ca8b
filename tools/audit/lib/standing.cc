// The newest checkpoint is the measure: keys that sign today signed it.
#include "tools/audit/lib/standing.h"

#include "ledger/format/checkpoint.h"
#include "tools/audit/lib/answers.h"

namespace varve::audit {
namespace {

bool signed_by_a_key_of_today(std::string_view note, const KeyTimeline& keys) {
  const auto parsed = format::parse_note(note);
  return parsed && format::verify_note(*parsed, keys.history().active());
}

Result<void> same_root(const format::Checkpoint& in, const format::Checkpoint& newest) {
  if (in.root == newest.root) return {};
  return corrupt("this checkpoint of " + std::to_string(in.size.value) +
                 " records has another root than the one beside the log's keys: the log has two "
                 "histories, or a key was stolen");
}

Error missing(const format::Checkpoint& in, const format::Checkpoint& newest) {
  return invalid("only keys that have left the log since signed this checkpoint of " +
                 std::to_string(in.size.value) +
                 " records, and whoever got hold of one of them could have: give what GET "
                 "proof/consistency?from=" +
                 std::to_string(in.size.value) + "&to=" + std::to_string(newest.size.value) +
                 " answers with --consistency FILE, or a proof of renewal with --renewal");
}

}  // namespace

Result<void> demand_consistency(const SignedCheckpoint& in, const Trust& trust,
                                const Evidence& evidence) {
  if (!trust.keys || !trust.newest) {
    if (evidence.consistency.empty()) return {};
    return invalid("a proof of consistency leads to the checkpoint of a bundle: give --bundle");
  }
  const format::Checkpoint& newest = *trust.newest;
  if (in.checkpoint.size == newest.size) return same_root(in.checkpoint, newest);
  if (!evidence.consistency.empty()) {
    const bool older = in.checkpoint.size < newest.size;
    return open_consistency(evidence.consistency, older ? in.checkpoint : newest,
                            older ? newest : in.checkpoint);
  }
  if (signed_by_a_key_of_today(in.note, *trust.keys)) return {};
  // A renewal bound every checkpoint before it, so it has to be the log's own of today.
  if (evidence.renewal && signed_by_a_key_of_today(evidence.renewal->in.note, *trust.keys))
    return {};
  return missing(in.checkpoint, newest);
}

}  // namespace varve::audit
