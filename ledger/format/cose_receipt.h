// COSE receipts, RFC 9942: that a record is in a tree, or that a tree begins with an older one, for verifiers that
// know CBOR and no notes. docs/format/cose-receipt.md
#pragma once

#include <span>

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

/// The keys as a COSE_KeySet, RFC 9052 section 7. Each key's id is that of its receipts.
Buffer cose_key_set(std::span<const VerifierKey> keys);

}  // namespace varve::format
