// Files that prove something of a record, tlog-proof and COSE: what is parsed formats to exactly the same bytes.
#include "ledger/format/proof_file.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/base/codec.h"
#include "ledger/format/cose_receipt.h"

namespace varve::fuzz {
namespace {

/// Nothing but its id says which key it is.
format::VerifierKey key_of(const format::CoseReceipt& receipt) {
  const std::size_t sign = receipt.key_id.rfind('+');
  if (sign == std::string::npos) return {};
  const auto id = decode_hex(std::string_view(receipt.key_id).substr(sign + 1));
  if (!id || id->size() != sizeof(std::uint32_t)) return {};
  return {receipt.key_id.substr(0, sign), ByteReader(*id).u32(), receipt.algorithm, {}};
}

bool accepts_cose(Bytes in) {
  const auto receipt = format::parse_cose_receipt(in);
  if (!receipt) return false;
  format::SignedRoot root{
      {receipt->origin, receipt->size, {}}, key_of(*receipt), receipt->signature};
  if (!format::names_key(*receipt, root.key)) return true;  // an id that no key of ours has
  const Buffer again = receipt->index
                           ? format::inclusion_receipt(root, *receipt->index, receipt->proof)
                           : format::consistency_receipt(root, receipt->from, receipt->proof);
  CHECK(again == to_buffer(in));
  return true;
}

}  // namespace

bool accepts(Bytes in) {
  if (format::begins_cose_receipt(in)) return accepts_cose(in);
  const auto file = format::parse_proof_file(text_of(in));
  if (!file) return false;
  CHECK(format::format_proof_file(*file) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  format::ProofFile file{{}, LeafIndex{5}, merkle::Proof(6), checkpoint_note()};
  const std::string plain = format::format_proof_file(file);
  file.extra = event_record(1);
  file.proof.clear();
  const format::SignedRoot root{
      {"log.example", TreeSize{300}, {}}, ed25519_key("log.example"), Buffer(64)};
  format::SignedRoot other = root;
  other.key = p256_key("log.example");
  return {buffer_of(plain), buffer_of(format::format_proof_file(file)),
          format::inclusion_receipt(root, LeafIndex{25}, merkle::Proof(9)),
          format::consistency_receipt(other, TreeSize{24}, merkle::Proof(7))};
}

}  // namespace varve::fuzz
