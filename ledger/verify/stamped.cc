// The tree first, then each token in it.
#include "ledger/verify/stamped.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/stamped_checkpoint.h"
#include "ledger/verify/answers.h"

namespace varve::verify {
namespace {

Result<void> begins_with(const format::Checkpoint& stamped, const format::Checkpoint& tree,
                         std::string_view consistency) {
  const std::string sizes = std::to_string(tree.size.value) +
                            " records, and what was stamped has " +
                            std::to_string(stamped.size.value);
  if (stamped.origin != tree.origin)
    return invalid("what was stamped is of another log, " + stamped.origin);
  if (stamped.size < tree.size)
    return invalid("the checkpoint has " + sizes + ": take a newer stamped checkpoint");
  if (stamped == tree) return {};
  if (stamped.size == tree.size)
    return corrupt("what was stamped is another tree of as many records");
  if (consistency.empty())
    return invalid("the checkpoint has " + sizes +
                   ": the log's proof that one begins with the other " +
                   "is needed, GET proof/consistency?from=" + std::to_string(tree.size.value) +
                   "&to=" + std::to_string(stamped.size.value));
  return open_consistency(consistency, tree, stamped);
}

}  // namespace

Result<std::vector<StampedBy>> verify_stamped(std::string_view text, const format::Checkpoint& tree,
                                              std::string_view consistency,
                                              std::span<const format::TimeSource> authorities) {
  ASSIGN_OR_RETURN(const format::StampedCheckpoint stamped, format::parse_stamped_checkpoint(text));
  RETURN_IF_ERROR(begins_with(stamped.checkpoint, tree, consistency));
  std::vector<StampedBy> by;
  std::string strangers;
  for (const Buffer& token : stamped.tokens) {
    const auto said =
        format::verify_time_statement(token, format::checkpoint_text(stamped.checkpoint));
    if (!said) return corrupt("a time stamp does not verify: " + said.error().message);
    if (said->type == format::SourceType::kWitness)
      return invalid(
          "this is a record of a witness's cosigned time, which is no authority's time stamp: take "
          "the stamped checkpoint, or another timestamp record");
    const auto known = std::ranges::find(authorities, said->key, &format::TimeSource::key);
    if (known != authorities.end())
      by.push_back({known->name, said->time_us + said->accuracy_us});
    else
      strangers.append(" ").append(hex(said->key.view()));
  }
  if (!by.empty()) return by;
  return not_found("no time stamp is by an authority that was named. These keys signed:" +
                   strangers);
}

}  // namespace varve::verify
