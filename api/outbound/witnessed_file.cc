// Whether a log still is what witnesses saw.
#include "api/outbound/witnessed_file.h"

#include <algorithm>

#include "api/outbound/kept_tree.h"
#include "ledger/env/durable.h"

namespace varve::api {
namespace {

/// The signatures that are of no witness: the log's.
std::string without_cosignatures(format::Note note, const format::WitnessPolicy& policy) {
  std::erase_if(note.signatures, [&](const format::NoteSignature& line) {
    return std::ranges::any_of(policy.witnesses(), [&](const format::Witness& witness) {
      return witness.key.id == line.id && witness.key.name == line.name;
    });
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
  kept.checkpoint.note = without_cosignatures(std::move(note), policy);
  return std::optional(std::move(kept));
}

}  // namespace varve::api
