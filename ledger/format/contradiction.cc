// Contradictions, in the one spelling that formatting gives.
#include "ledger/format/contradiction.h"

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/lines.h"
#include "ledger/format/note.h"

namespace varve::format {
namespace {

constexpr std::string_view kRootLabel = "root ";
constexpr std::size_t kProofMax = 64;  // hashes
constexpr std::string_view kEmptyLine = "\n\n";

Error not_a_contradiction(std::string_view why) {
  return invalid("not a contradiction: " + std::string(why));
}

/// A note has one empty line, in front of its signatures; the next one ends it.
Result<std::string> take_note(std::string_view& text) {
  const std::size_t signatures = text.find(kEmptyLine);
  const std::size_t end = signatures == std::string_view::npos
                              ? signatures
                              : text.find(kEmptyLine, signatures + kEmptyLine.size());
  if (end == std::string_view::npos) return not_a_contradiction("it has no second checkpoint");
  std::string note(text.substr(0, end + 1));
  text.remove_prefix(end + kEmptyLine.size());
  return note;
}

Result<void> expect_checkpoint(std::string_view text) {
  ASSIGN_OR_RETURN(const Note note, parse_note(text));
  RETURN_IF_ERROR(parse_checkpoint_text(note.text));
  return {};
}

}  // namespace

std::string format_contradiction(const Contradiction& contradiction) {
  std::string out(kContradictionTitle);
  out.append("\n").append(kRootLabel).append(base64(contradiction.root.view())).append("\n");
  for (const Hash& hash : contradiction.proof) out.append(base64(hash.view())).append("\n");
  return out.append("\n").append(contradiction.older).append("\n").append(contradiction.newer);
}

Result<Contradiction> parse_contradiction(std::string_view text) {
  if (text.size() > kContradictionMax) return not_a_contradiction("it is larger than 64 KiB");
  if (take_line(text) != kContradictionTitle)
    return not_a_contradiction("its first line is another");
  Contradiction contradiction;
  const auto root = decode_base64_hash(take_labelled(text, kRootLabel).value_or(""));
  if (!root) return not_a_contradiction("its second line has no root");
  contradiction.root = *root;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return not_a_contradiction("it ends before the checkpoints");
    if (line->empty()) break;
    const auto hash = decode_base64_hash(*line);
    if (!hash || contradiction.proof.size() == kProofMax)
      return not_a_contradiction("a line of its proof is not a hash in base64, or one too many");
    contradiction.proof.push_back(*hash);
  }
  ASSIGN_OR_RETURN(contradiction.older, take_note(text));
  contradiction.newer = std::string(text);
  RETURN_IF_ERROR(expect_checkpoint(contradiction.older));
  RETURN_IF_ERROR(expect_checkpoint(contradiction.newer));
  return contradiction;
}

}  // namespace varve::format
