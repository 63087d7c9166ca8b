// COSE receipts, RFC 9942: that a record is in a tree, or that a tree begins with an older one, for verifiers that
// know CBOR and no notes. docs/format/cose-receipt.md
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/note.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

/// The root of a tree that had a checkpoint, signed for COSE. One signature serves all receipts of that tree.
struct SignedRoot {
  Checkpoint tree;
  VerifierKey key;   // its name is the tree's origin
  Buffer signature;  // as COSE spells it
};

/// What the signature is over: the Sig_structure of RFC 9052. Its first byte, 0x84, begins no text in UTF-8, so it is
/// no note's text, whatever the origin.
Buffer cose_signed_bytes(const VerifierKey& key, const Checkpoint& tree);

/// Takes a signature as Signer::sign gives it, and verifies it.
/// Errors: kCorrupt  it does not verify.
Result<SignedRoot> make_signed_root(const Checkpoint& tree, const VerifierKey& key,
                                    Bytes signature);

/// That the record is in the tree. Requires a proof of one hash or more: RFC 9942 has no receipt for a tree of one.
Buffer inclusion_receipt(const SignedRoot& root, LeafIndex index, const merkle::Proof& proof);
/// That the tree begins with the tree of `from` records. Requires a proof as above.
Buffer consistency_receipt(const SignedRoot& root, TreeSize from, const merkle::Proof& proof);

inline constexpr std::size_t kCoseReceiptMax =
    8'192;  // bytes; 64 hashes and the longest names find room

/// What a receipt says. Nothing of it is verified.
struct CoseReceipt {
  Algorithm algorithm = Algorithm::kEd25519;
  std::string key_id;              // "<origin>+<id of the vkey>"
  std::string origin;              // a stranger's: any bytes
  TreeSize size;                   // of the tree that is signed, which the proof names too
  std::optional<LeafIndex> index;  // of the record that is in it; nothing: that it begins with
  TreeSize from;                   // a tree of so many records
  merkle::Proof proof;
  Buffer signature;  // as COSE spells it
};

/// Whether the bytes begin as a receipt does, and as no text and no JSON does.
bool begins_cose_receipt(Bytes bytes);
/// Takes what the two functions above write, and no other spelling. Errors: kInvalid.
Result<CoseReceipt> parse_cose_receipt(Bytes bytes);
/// Whether the receipt has the id and the algorithm of `key`.
bool names_key(const CoseReceipt& receipt, const VerifierKey& key);
/// Whether `key` signed that a tree of the receipt's origin and size has this root. Requires names_key().
/// Errors: kCorrupt  it did not.
Result<void> verify_cose_signature(const CoseReceipt& receipt, const VerifierKey& key,
                                   const Hash& root);

/// The keys as a COSE_KeySet, RFC 9052 section 7. Each key's id is that of its receipts.
Buffer cose_key_set(std::span<const VerifierKey> keys);

}  // namespace varve::format
