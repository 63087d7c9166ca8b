// Whether a log still is what witnesses saw.
#include "api/outbound/witnessed_file.h"

#include <algorithm>

#include "api/outbound/kept_tree.h"
#include "ledger/env/durable.h"

namespace varve::api {
namespace {

bool is_of_the_policy(const format::NoteSignature& line, const format::WitnessPolicy& policy) {
  return std::ranges::any_of(policy.witnesses(), [&](const format::Witness& witness) {
    return witness.key.id == line.id && witness.key.name == line.name;
  });
}

/// The note with the log's own signatures, and with those of the policy's witnesses if there is
/// one. Nobody here verified the others, and what is kept may become a record.
std::string with_signatures(format::Note note, const std::string& origin,
                            const format::WitnessPolicy* policy) {
  std::erase_if(note.signatures, [&](const format::NoteSignature& line) {
    return line.name != origin && (policy == nullptr || !is_of_the_policy(line, *policy));
  });
  return format::format_note(note);
}

}  // namespace

Result<std::optional<KeptWitnessed>> read_witnessed(const env::Filesystem& files,
                                                    const std::string& name, const Log& log,
                                                    const format::WitnessPolicy& policy) {
  const auto bytes = env::read_whole(files, name, format::kNoteMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return std::optional<KeptWitnessed>{};
  if (!bytes) return bytes.error();
  KeptWitnessed kept;
  kept.note = text_of(*bytes);
  const auto keys = log.view().keys;
  ASSIGN_OR_RETURN(kept.checkpoint.checkpoint,
                   format::open_checkpoint(kept.note, keys->history.origin(), keys->history.all()));
  RETURN_IF_ERROR(expect_beginning(kept.checkpoint.checkpoint, log, "witnesses have cosigned"));
  ASSIGN_OR_RETURN(kept.cosigners, format::cosigners_of(kept.note, policy));
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(kept.note));
  kept.note = with_signatures(note, keys->history.origin(), &policy);
  kept.checkpoint.note = with_signatures(std::move(note), keys->history.origin(), nullptr);
  return std::optional(std::move(kept));
}

}  // namespace varve::api
