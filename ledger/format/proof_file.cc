// C2SP tlog-proof files, in the one spelling that formatting gives.
#include "ledger/format/proof_file.h"

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kTitle = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kFileMax = 1u << 20;
constexpr std::size_t kHashesMax = 64;

Error not_a_proof_file(std::string_view why) {
  return invalid("not a tlog-proof: " + std::string(why));
}

/// Takes the hash lines and the empty line after them.
Result<merkle::Proof> take_proof(std::string_view& text) {
  merkle::Proof proof;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return not_a_proof_file("it ends before the checkpoint");
    if (line->empty()) return proof;
    const auto hash = decode_base64_hash(*line);
    if (!hash) return not_a_proof_file("a proof line is not a base64 hash");
    if (proof.size() == kHashesMax) return not_a_proof_file("it has more than 64 hashes");
    proof.push_back(*hash);
  }
}

}  // namespace

std::string format_proof_file(const ProofFile& file) {
  std::string out(kTitle);
  out.append("\n");
  if (!file.extra.empty()) out.append(kExtra).append(base64(file.extra)).append("\n");
  out.append(kIndex).append(std::to_string(file.index.value)).append("\n");
  for (const Hash& hash : file.proof) out.append(base64(hash.view())).append("\n");
  return out.append("\n").append(file.checkpoint);
}

Result<ProofFile> parse_proof_file(std::string_view text) {
  if (text.size() > kFileMax) return not_a_proof_file("it is larger than 1 MiB");
  if (take_line(text) != kTitle) return not_a_proof_file("its first line is another");
  ProofFile file;
  if (text.starts_with(kExtra)) {
    auto extra = decode_base64(take_labelled(text, kExtra).value_or(""));
    if (!extra || extra->empty()) return not_a_proof_file("its extra data is not base64");
    file.extra = *std::move(extra);
  }
  const auto index = decode_decimal(take_labelled(text, kIndex).value_or(""));
  if (!index) return not_a_proof_file("it has no index line");
  file.index = LeafIndex{*index};
  ASSIGN_OR_RETURN(file.proof, take_proof(text));
  ASSIGN_OR_RETURN(const Note note, parse_note(text));
  RETURN_IF_ERROR(parse_checkpoint_text(note.text));
  file.checkpoint = std::string(text);
  return file;
}

}  // namespace varve::format
