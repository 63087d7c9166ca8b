// Of which size a checkpoint is decides which keys sign it.
#include "ledger/verify/checkpoints.h"

#include <string>
#include <vector>

namespace varve::verify {
namespace {

using KeysAt = std::vector<format::VerifierKey> (rules::KeyTimeline::*)(TreeSize) const;

Result<format::SignedCheckpoint> open_with(std::string_view note, const rules::KeyTimeline& keys,
                                           KeysAt keys_at) {
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  ASSIGN_OR_RETURN(const format::Checkpoint claimed, format::parse_checkpoint_text(parsed.text));
  const auto known = (keys.*keys_at)(claimed.size);
  ASSIGN_OR_RETURN(format::Checkpoint checkpoint,
                   format::open_checkpoint(note, keys.origin(), known));
  return format::SignedCheckpoint{std::move(checkpoint), std::string(note)};
}

}  // namespace

Result<format::SignedCheckpoint> open_checkpoint_of(std::string_view note,
                                                    const rules::KeyTimeline& keys) {
  auto opened = open_with(note, keys, &rules::KeyTimeline::keys_at);
  if (!opened) return or_revoked(std::move(opened).error(), note, keys);
  return opened;
}

Result<format::SignedCheckpoint> open_older_checkpoint(std::string_view note,
                                                       const rules::KeyTimeline& keys) {
  return open_with(note, keys, &rules::KeyTimeline::active_at);
}

Error or_revoked(Error why, std::string_view note, const rules::KeyTimeline& keys) {
  if (why.code != Code::kCorrupt) return why;
  const auto once = open_older_checkpoint(note, keys);
  if (!once || open_with(note, keys, &rules::KeyTimeline::keys_at)) return why;
  return corrupt("only a key that was revoked signed this checkpoint of " +
                 std::to_string(once->checkpoint.size.value) +
                 " records: its signatures count for earlier ones alone");
}

}  // namespace varve::verify
