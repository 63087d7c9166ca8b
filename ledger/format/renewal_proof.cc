// Proofs of renewal as text, in the one spelling that formatting gives.
#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/renewal.h"

namespace varve::format {
namespace {

constexpr std::string_view kRenewalProofTitle = "varve renewal proof v1";
constexpr std::string_view kRecordsLabel = "record ";
constexpr std::string_view kCheckpointLabel = "checkpoint ";
constexpr std::size_t kRenewalProofMax = 1u << 20;
constexpr std::size_t kRangeHashesMax = 128;  // 2 * log2 of any size

Error not_a_renewal_proof(std::string_view why) {
  return invalid(std::string("not a proof of renewal: ").append(why));
}

void add_hashes(std::string& text, std::string_view label, const merkle::Proof& hashes) {
  for (const Hash& hash : hashes) text.append(label).append(base64(hash.view())).append("\n");
}

Result<merkle::Proof> take_hashes(std::string_view& text, std::string_view label) {
  merkle::Proof hashes;
  while (text.starts_with(label)) {
    const auto line = take_labelled(text, label);
    if (!line || hashes.size() == kRangeHashesMax) return not_a_renewal_proof("too many hashes");
    ASSIGN_OR_RETURN(const Hash hash, decode_base64_hash(*line));
    hashes.push_back(hash);
  }
  return hashes;
}

Result<std::uint64_t> take_count(std::string_view& text, std::string_view label) {
  const auto value = take_labelled(text, label);
  if (!value) return not_a_renewal_proof("its lines are not first, count and size");
  return decode_decimal(*value);
}

}  // namespace

std::string format_renewal_proof(const RenewalProof& proof) {
  std::string text(kRenewalProofTitle);
  text.append("\nfirst ").append(std::to_string(proof.first.value));
  text.append("\ncount ").append(std::to_string(proof.count));
  text.append("\nsize ").append(std::to_string(proof.checkpoint.value)).append("\n");
  add_hashes(text, kRecordsLabel, proof.of_records);
  add_hashes(text, kCheckpointLabel, proof.of_checkpoint);
  return text.append("\n").append(proof.statement);
}

Result<RenewalProof> parse_renewal_proof(std::string_view text) {
  if (text.size() > kRenewalProofMax) return not_a_renewal_proof("it is larger than 1 MiB");
  if (take_line(text) != kRenewalProofTitle)
    return not_a_renewal_proof("its first line is another");
  RenewalProof proof;
  ASSIGN_OR_RETURN(proof.first.value, take_count(text, "first "));
  ASSIGN_OR_RETURN(proof.count, take_count(text, "count "));
  ASSIGN_OR_RETURN(proof.checkpoint.value, take_count(text, "size "));
  ASSIGN_OR_RETURN(proof.of_records, take_hashes(text, kRecordsLabel));
  ASSIGN_OR_RETURN(proof.of_checkpoint, take_hashes(text, kCheckpointLabel));
  if (const auto line = take_line(text); !line || !line->empty())
    return not_a_renewal_proof("an empty line is missing before the proof of the renewal itself");
  RETURN_IF_ERROR(parse_proof_file(text));
  proof.statement = std::string(text);
  return proof;
}

}  // namespace varve::format
