// The newest checkpoint is the measure: keys that sign today signed it.
#include "ledger/verify/standing.h"

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/json.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/json_members.h"

namespace varve::verify {
namespace {

bool signed_by_a_key_of_today(std::string_view note, const rules::KeyTimeline& keys) {
  const auto parsed = format::parse_note(note);
  return parsed && format::verify_note(*parsed, keys.history().active());
}

Result<void> same_root(const format::Checkpoint& in, const format::Checkpoint& newest) {
  if (in.root == newest.root) return {};
  return corrupt("this checkpoint of " + std::to_string(in.size.value) +
                 " records has another root than the one beside the log's keys: the log has two "
                 "histories, or a key was stolen");
}

/// A proof of other sizes says nothing about these two.
Result<void> expect_sizes(std::string_view consistency, const format::Checkpoint& older,
                          const format::Checkpoint& newer) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(consistency));
  ASSIGN_OR_RETURN(const std::uint64_t from, json.number("from"));
  ASSIGN_OR_RETURN(const std::uint64_t to, json.number("to"));
  if (from == older.size.value && to == newer.size.value) return {};
  return invalid("the proof of consistency is of the sizes " + std::to_string(from) + " and " +
                 std::to_string(to) + ", and the checkpoints are of " +
                 std::to_string(older.size.value) + " and " + std::to_string(newer.size.value) +
                 ": give the proof that leads from one to the other");
}

/// What was found wrong, unless the proof is sound by itself and both of its trees are others: then it
/// is of another log, and contradicts nothing. With one of the two it does.
Error or_of_another_log(Error why, std::string_view consistency, const format::Checkpoint& older,
                        const format::Checkpoint& newer) {
  const auto json = format::Json::parse(consistency);
  if (why.code != Code::kCorrupt || !json) return why;
  const auto from = hash_member(*json, "from_root");
  const auto to = hash_member(*json, "to_root");
  if (!from || !to || *from == older.root || *to == newer.root) return why;
  if (!open_consistency(consistency, {older.origin, older.size, *from},
                        {newer.origin, newer.size, *to}))
    return why;
  return invalid("the proof of consistency is of two other trees of these sizes: of another log");
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

Result<void> demand_consistency(const format::SignedCheckpoint& in, const Trust& trust,
                                const Evidence& evidence) {
  if (!trust.keys || !trust.newest) {
    if (evidence.consistency.empty()) return {};
    return invalid("a proof of consistency leads to the checkpoint of a bundle: give --bundle");
  }
  const format::Checkpoint& newest = *trust.newest;
  if (in.checkpoint.size == newest.size) return same_root(in.checkpoint, newest);
  if (!evidence.consistency.empty()) {
    const bool is_older = in.checkpoint.size < newest.size;
    const format::Checkpoint& older = is_older ? in.checkpoint : newest;
    const format::Checkpoint& newer = is_older ? newest : in.checkpoint;
    RETURN_IF_ERROR(expect_sizes(evidence.consistency, older, newer));
    auto proven = open_consistency(evidence.consistency, older, newer);
    if (proven) return proven;
    return or_of_another_log(std::move(proven).error(), evidence.consistency, older, newer);
  }
  if (signed_by_a_key_of_today(in.note, *trust.keys)) return {};
  // A renewal bound every checkpoint before it, so it has to be the log's own of today.
  if (evidence.renewal && signed_by_a_key_of_today(evidence.renewal->in.note, *trust.keys))
    return {};
  return missing(in.checkpoint, newest);
}

}  // namespace varve::verify
