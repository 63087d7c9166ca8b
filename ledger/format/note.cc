// Signed notes: text, an empty line, signature lines.
#include "ledger/format/note.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // em dash, space
constexpr std::size_t kKeyIdSize = 4;

Error not_a_note(std::string_view why) {
  return invalid("not a signed note: " + std::string(why));
}

/// `line` has no newline at its end.
Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return not_a_note("a signature line without its dash");
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
    return not_a_note("a signature line without a key name");
  const auto bytes = decode_base64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kKeyIdSize) return not_a_note("a signature that is not base64");
  ByteReader in(*bytes);
  const std::uint32_t id = in.u32();
  return NoteSignature{std::string(line.substr(0, space)), id, to_buffer(in.rest())};
}

Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines) {
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    if (signatures.size() == kNoteSignaturesMax) return not_a_note("too many signatures");
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return not_a_note("its last line has no newline");
    ASSIGN_OR_RETURN(NoteSignature signature, parse_signature(lines.substr(0, end)));
    signatures.push_back(std::move(signature));
    lines.remove_prefix(end + 1);
  }
  if (signatures.empty()) return not_a_note("no signatures");
  return signatures;
}

bool is_by(const NoteSignature& signature, const VerifierKey& key) {
  return signature.id == key.id && signature.name == key.name;
}

}  // namespace

Result<Note> parse_note(std::string_view note) {
  if (note.size() > kNoteMax)
    return not_a_note("it is larger than " + std::to_string(kNoteMax) + " bytes");
  if (!is_note_text(note)) return not_a_note("control characters, or not UTF-8");
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) return not_a_note("no empty line before the signatures");
  ASSIGN_OR_RETURN(auto signatures, parse_signatures(note.substr(split + 2)));
  return Note{std::string(note.substr(0, split + 1)), std::move(signatures)};
}

std::string format_note(const Note& note) {
  CHECK(note.text.ends_with('\n'));
  std::string out = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) {
    Buffer bytes;
    ByteWriter(bytes).u32(signature.id).bytes(signature.signature);
    out.append(kSignaturePrefix)
        .append(signature.name)
        .append(" ")
        .append(base64(bytes))
        .append("\n");
  }
  return out;
}

Result<std::vector<std::size_t>> verify_note(const Note& note, std::span<const VerifierKey> known) {
  std::vector<std::size_t> signers;
  for (std::size_t k = 0; k < known.size(); ++k) {
    bool signed_it = false;
    for (const NoteSignature& signature : note.signatures) {
      if (!is_by(signature, known[k])) continue;
      RETURN_IF_ERROR(verify_signature(known[k], bytes_of(note.text), signature.signature));
      signed_it = true;
    }
    if (signed_it) signers.push_back(k);
  }
  if (signers.empty()) return corrupt("no known key signed the note");
  return signers;
}

}  // namespace varve::format
