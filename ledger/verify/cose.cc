// The root follows from the proof, and the signature has to be over that root.
#include "ledger/verify/cose.h"

#include <algorithm>
#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/merkle/proof.h"
#include "ledger/verify/standing.h"

namespace varve::verify {
namespace {

/// Of the keys that count for a tree of that size. The id in the receipt is "<origin>+<8 hex digits>".
Result<format::VerifierKey> signer_of(const format::CoseReceipt& receipt, const Trust& trust) {
  const auto known =
      trust.keys ? trust.keys->keys_at(receipt.size) : std::vector<format::VerifierKey>{trust.key};
  const auto named = std::ranges::find_if(
      known, [&](const format::VerifierKey& key) { return format::names_key(receipt, key); });
  if (named != known.end()) return *named;
  const std::string key_id = visible(receipt.key_id);
  const auto digits = receipt.key_id.starts_with(trust.origin + "+")
                          ? decode_hex(receipt.key_id.substr(trust.origin.size() + 1))
                          : Result<Buffer>(invalid("it is of another log"));
  Error why = corrupt("the key " + key_id + " of the COSE receipt is none of the log's that count");
  if (!digits || digits->size() != sizeof(std::uint32_t)) return why;
  const format::Note signed_by{{}, {{trust.origin, ByteReader(*digits).u32(), {}}}};
  return or_unknown_key(std::move(why), signed_by, receipt.size, trust);
}

Result<Hash> root_with_record(const format::CoseReceipt& receipt, std::optional<Bytes> record) {
  if (!record) return invalid("a COSE receipt does not carry its record: give it with --record");
  return merkle::root_from_inclusion(merkle::leaf_hash(*record), *receipt.index, receipt.size,
                                     receipt.proof);
}

Result<format::Checkpoint> older_tree(const format::CoseReceipt& receipt, const Trust& trust,
                                      std::optional<std::string_view> older) {
  if (!older)
    return invalid("the COSE receipt says that the log begins with an older tree of " +
                   std::to_string(receipt.from.value) +
                   " records: give the checkpoint of that with --older");
  ASSIGN_OR_RETURN(VerifiedCheckpoint verified, verify_checkpoint(*older, trust));
  if (verified.checkpoint.size == receipt.from) return std::move(verified.checkpoint);
  return invalid("the COSE receipt begins at a tree of " + std::to_string(receipt.from.value) +
                 " records, and the older checkpoint is of " +
                 std::to_string(verified.checkpoint.size.value));
}

}  // namespace

Result<CoseProven> verify_cose_receipt(Bytes bytes, const Trust& trust, std::optional<Bytes> record,
                                       std::optional<std::string_view> older) {
  ASSIGN_OR_RETURN(const format::CoseReceipt receipt, format::parse_cose_receipt(bytes));
  if (receipt.origin != trust.origin)
    return invalid("it is of the log " + visible(receipt.origin) +
                   ", and the key that is trusted of " + trust.origin);
  if (receipt.index ? older.has_value() : record.has_value())
    return invalid(receipt.index ? "the COSE receipt is of a record: leave --older out"
                                 : "the COSE receipt is of two trees: leave --record out");
  ASSIGN_OR_RETURN(format::VerifierKey key, signer_of(receipt, trust));
  CoseProven proven{{receipt.origin, receipt.size, {}}, std::move(key), receipt.index, {}};
  if (receipt.index) {
    ASSIGN_OR_RETURN(proven.in.root, root_with_record(receipt, record));
  } else {
    ASSIGN_OR_RETURN(proven.from, older_tree(receipt, trust, older));
    ASSIGN_OR_RETURN(proven.in.root,
                     merkle::root_from_consistency(receipt.from, receipt.size, receipt.proof,
                                                   proven.from->root));
  }
  auto is_signed = format::verify_cose_signature(receipt, proven.by, proven.in.root);
  if (!is_signed && receipt.index)
    return corrupt("the signature is false, or this is not record " +
                   std::to_string(receipt.index->value) +
                   " of the log: " + is_signed.error().message);
  RETURN_IF_ERROR(is_signed);
  return proven;
}

Result<void> demand_consistency(const CoseProven& proven, const Trust& trust,
                                std::string_view consistency) {
  const bool is_by_a_key_of_today =
      trust.keys && std::ranges::count(trust.keys->history().active(), proven.by) != 0;
  const bool can_be_compared =
      !consistency.empty() || (trust.newest && trust.newest->size == proven.in.size);
  if (is_by_a_key_of_today && !can_be_compared) return {};
  return demand_consistency(format::SignedCheckpoint{proven.in, {}}, trust, {consistency, {}});
}

}  // namespace varve::verify
