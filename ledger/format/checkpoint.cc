// Checkpoints: three lines, and the note around them.
#include "ledger/format/checkpoint.h"

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

Error not_a_checkpoint(std::string_view why) {
  return invalid("not a checkpoint: " + std::string(why));
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size.value) + "\n" +
         base64(checkpoint.root.view()) + "\n";
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root) return not_a_checkpoint("it has fewer than three lines");
  if (!text.empty()) return not_a_checkpoint("it has extension lines");
  if (!is_key_name(*origin)) return not_a_checkpoint("its origin is empty or has a space or plus");
  const auto leaves = decode_decimal(*size);
  if (!leaves) return not_a_checkpoint("its size is not a decimal number");
  const auto hash = decode_base64_hash(*root);
  if (!hash) return not_a_checkpoint("its root is not a base64 hash");
  return Checkpoint{std::string(*origin), TreeSize{*leaves}, *hash};
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                   std::span<const VerifierKey> known) {
  ASSIGN_OR_RETURN(const Note parsed, parse_note(note));
  RETURN_IF_ERROR(verify_note(parsed, known));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, parse_checkpoint_text(parsed.text));
  if (checkpoint.origin != origin)
    return invalid("the checkpoint is of " + checkpoint.origin + ", not of " + std::string(origin));
  return checkpoint;
}

}  // namespace varve::format
