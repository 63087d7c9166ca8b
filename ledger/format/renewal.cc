// The statement, and the two trees that it is about.
#include "ledger/format/renewal.h"

#include <array>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kRenewalTitle = "varve renewal v1";
constexpr std::array kDestroyedByte{std::byte{0x02}};

Error not_a_renewal(std::string_view why) {
  return invalid(std::string("not a renewal: ").append(why));
}

void add_hash(std::string& text, std::string_view label, const Hash& hash) {
  text.append(label).append(base64(hash.view())).append("\n");
}

Result<Hash> take_hash(std::string_view& text, std::string_view label) {
  const auto value = take_labelled(text, label);
  if (!value) return not_a_renewal("a hash is missing");
  return decode_base64_hash(*value);
}

}  // namespace

std::string renewal_text(const Renewal& renewal) {
  std::string text(kRenewalTitle);
  text.append("\norigin ").append(renewal.origin);
  text.append("\nhash ").append(renewal.function->name);
  text.append("\nsize ").append(std::to_string(renewal.size.value)).append("\n");
  add_hash(text, "root ", renewal.root);
  add_hash(text, "records ", renewal.records);
  add_hash(text, "checkpoints ", renewal.checkpoints);
  return text;
}

bool is_renewal(std::string_view text) {
  return take_line(text) == kRenewalTitle;
}

Result<Renewal> parse_renewal(std::string_view text) {
  if (take_line(text) != kRenewalTitle) return not_a_renewal("its first line is another");
  Renewal renewal;
  const auto origin = take_labelled(text, "origin ");
  const auto function = take_labelled(text, "hash ");
  const auto size = take_labelled(text, "size ");
  if (!origin || !function || !size)
    return not_a_renewal("its lines are not origin, hash and size");
  if (!is_key_name(*origin)) return not_a_renewal("its origin is empty or has a space or plus");
  renewal.origin = *origin;
  renewal.function = merkle::find_renewing_function(*function);
  if (renewal.function == nullptr) return not_a_renewal("its hash function is not known here");
  ASSIGN_OR_RETURN(renewal.size.value, decode_decimal(*size));
  if (renewal.size == TreeSize{0}) return not_a_renewal("it is of no records");
  ASSIGN_OR_RETURN(renewal.root, take_hash(text, "root "));
  ASSIGN_OR_RETURN(renewal.records, take_hash(text, "records "));
  ASSIGN_OR_RETURN(renewal.checkpoints, take_hash(text, "checkpoints "));
  if (!text.empty()) return not_a_renewal("it has lines that it does not have");
  return renewal;
}

RenewalBuilder::RenewalBuilder(std::string origin, const merkle::HashFunction& function,
                               const merkle::HashFunction& from)
    : origin_(std::move(origin)),
      function_(function),
      from_(from),
      log_(from),
      records_(function),
      checkpoints_(function) {}

RenewedLeaves RenewalBuilder::add(Bytes record) {
  return add(function_.leaf(record), from_.leaf(record));
}

RenewedLeaves RenewalBuilder::add_destroyed(const Hash& leaf) {
  return add(function_.of({Bytes{kDestroyedByte}, leaf.view()}), leaf);
}

RenewedLeaves RenewalBuilder::add(const Hash& renewed, const Hash& leaf) {
  log_.append(leaf);
  const std::string text = checkpoint_text({origin_, log_.size(), log_.root()});
  const RenewedLeaves leaves{renewed, function_.leaf(bytes_of(text))};
  records_.append(leaves.record);
  checkpoints_.append(leaves.checkpoint);
  return leaves;
}

Renewal RenewalBuilder::renewal() const {
  return {origin_, &function_, log_.size(), log_.root(), records_.root(), checkpoints_.root()};
}

Result<RenewalProver> RenewalProver::of(const Renewal& renewal, RenewalProof proof) {
  const std::uint64_t size = renewal.size.value;
  if (proof.count == 0 || proof.checkpoint == TreeSize{0})
    return invalid("there is nothing to prove of no records");
  if (proof.checkpoint.value > size || proof.first.value >= size ||
      proof.count > size - proof.first.value)
    return invalid("the renewal is of the first " + std::to_string(size) +
                   " records only, the receipt is younger: it takes a newer renewal");
  return RenewalProver(renewal, std::move(proof));
}

RenewalProver::RenewalProver(const Renewal& renewal, RenewalProof proof)
    : proof_(std::move(proof)),
      records_(*renewal.function, proof_.first, proof_.count, renewal.size),
      checkpoint_(*renewal.function, LeafIndex{proof_.checkpoint.value - 1}, 1, renewal.size) {}

void RenewalProver::add(const RenewedLeaves& leaves) {
  records_.append(leaves.record);
  checkpoint_.append(leaves.checkpoint);
}

RenewalProof RenewalProver::proof() const {
  RenewalProof proof = proof_;
  proof.of_records = records_.proof();
  proof.of_checkpoint = checkpoint_.proof();
  return proof;
}

Result<void> verify_renewed(const Renewal& renewal, const RenewalProof& proof,
                            std::span<const Bytes> records, const Checkpoint& old) {
  if (renewal.origin != old.origin)
    return invalid("the renewal is of " + renewal.origin + ", not of " + old.origin);
  if (proof.count != records.size() || proof.checkpoint != old.size)
    return invalid("the proof of renewal is of another receipt: of " + std::to_string(proof.count) +
                   " records under the checkpoint of " + std::to_string(proof.checkpoint.value));
  std::vector<Hash> leaves;
  leaves.reserve(records.size());
  for (const Bytes record : records) leaves.push_back(renewal.function->leaf(record));
  if (auto bound = merkle::verify_range(*renewal.function, leaves, proof.first, renewal.size,
                                        proof.of_records, renewal.records);
      !bound)
    return std::move(bound).error().during("proving that the renewal bound these records");
  const Hash checkpoint = renewal.function->leaf(bytes_of(checkpoint_text(old)));
  if (auto bound =
          merkle::verify_range(*renewal.function, {&checkpoint, 1}, LeafIndex{old.size.value - 1},
                               renewal.size, proof.of_checkpoint, renewal.checkpoints);
      !bound)
    return std::move(bound).error().during("proving that the renewal bound this checkpoint");
  return {};
}

}  // namespace varve::format
