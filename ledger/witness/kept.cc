// A row that cannot be read is damage of one log, whatever a parser calls it.
#include "ledger/witness/kept.h"

#include <utility>

#include "ledger/format/add_checkpoint.h"

namespace varve::witness {
namespace {

Error not_kept(const std::string& why) {
  return corrupt("what was cosigned last of this log cannot be read: " + why +
                 ": put back a copy of data that is not older");
}

}  // namespace

Result<std::optional<KeptCheckpoint>> read_kept(std::optional<std::string> row) {
  if (!row) return std::optional<KeptCheckpoint>{};
  auto note = format::parse_note(*row);
  if (!note) return not_kept(note.error().message);
  auto checkpoint = format::parse_any_checkpoint_text(note->text);
  if (!checkpoint) return not_kept(checkpoint.error().message);
  return std::optional(KeptCheckpoint{std::move(*note), {std::move(*checkpoint), std::move(*row)}});
}

Result<format::Cosignature> own_cosignature(const KeptCheckpoint& kept,
                                            const format::CosignerKey& key) {
  auto own = format::cosignature_of(kept.note, key);
  if (!own) return not_kept(own.error().message);
  if (!*own) return not_kept("it has no cosignature of this witness");
  return std::move(**own);
}

std::string signature_line(const std::string& text, const format::NoteSignature& line) {
  return format::format_note({text, {line}}).substr(text.size() + 1);
}

}  // namespace varve::witness
