// Renewal: binds the records and checkpoints of a log under another hash function while that of its
// tree is still trusted, as RFC 4998 renews hash trees. The statement is a signed note and a control
// record. A proof of renewal shows that the renewal bound the records of an old receipt.
// docs/format/renewal.md
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/checkpoint.h"
#include "ledger/merkle/generic_tree.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

// Text of the note:
//   varve renewal v1
//   origin <origin>
//   hash sha512-256|sha3-256
//   size <n>                 the log's first n records are bound, n > 0
//   root <base64>            of the log's tree of them: what its checkpoint of that size says
//   records <base64>         root of the renewed tree over these records
//   checkpoints <base64>     root of the renewed tree over the texts of the checkpoints of sizes 1
//   to n
struct Renewal {
  std::string origin;
  const merkle::HashFunction* function = nullptr;
  TreeSize size;
  Hash root;
  Hash records;
  Hash checkpoints;
  bool operator==(const Renewal&) const = default;
};

std::string renewal_text(const Renewal& renewal);
/// Whether a note's text claims to be one: its first line.
bool is_renewal(std::string_view text);
/// Errors: kInvalid  not exactly what renewal_text writes.
Result<Renewal> parse_renewal(std::string_view text);

/// What one record adds to the two renewed trees.
struct RenewedLeaves {
  Hash record;      // function(0x00 || record); destroyed: function(0x02 || its leaf hash)
  Hash checkpoint;  // function(0x00 || text of the checkpoint of the tree that ends with it)
};

/// Makes a renewal from a log's records, front to back. Memory: some hundred hashes.
class RenewalBuilder {
 public:
  /// `from`: the function of the log's own tree. All three outlive it.
  RenewalBuilder(std::string origin, const merkle::HashFunction& function,
                 const merkle::HashFunction& from = merkle::sha256_function());

  RenewedLeaves add(Bytes record);
  /// A record that nobody can read any more: all that is left of it is its leaf hash.
  RenewedLeaves add_destroyed(const Hash& leaf);
  [[nodiscard]] Renewal renewal() const;

 private:
  RenewedLeaves add(const Hash& renewed, const Hash& leaf);

  std::string origin_;
  const merkle::HashFunction& function_;
  const merkle::HashFunction& from_;
  merkle::GenericTree log_;
  merkle::GenericTree records_;
  merkle::GenericTree checkpoints_;
};

/// That records [first, first + count) and the checkpoint of size `checkpoint` were bound.
struct RenewalProof {
  LeafIndex first;
  std::uint64_t count = 0;
  TreeSize checkpoint;
  merkle::Proof of_records;     // range proof in the tree over the records
  merkle::Proof of_checkpoint;  // range proof in the tree over the checkpoints
  std::string statement;        // a tlog-proof of the record with the renewal, verbatim
};

std::string format_renewal_proof(const RenewalProof& proof);
/// Errors: kInvalid  not such a file; at most 128 hashes each and 1 MiB are read.
Result<RenewalProof> parse_renewal_proof(std::string_view text);

/// Collects the two proofs from the leaves that a RenewalBuilder gives.
class RenewalProver {
 public:
  /// Errors: kInvalid  the renewal does not reach as far as `proof` asks: make a newer one.
  static Result<RenewalProver> of(const Renewal& renewal, RenewalProof proof);

  void add(const RenewedLeaves& leaves);
  /// Requires that all leaves of the renewal were added.
  [[nodiscard]] RenewalProof proof() const;

 private:
  RenewalProver(const Renewal& renewal, RenewalProof proof);

  RenewalProof proof_;
  merkle::RangeProver records_;
  merkle::RangeProver checkpoint_;
};

/// Whether these records, at the proof's place, and `old` are what the renewal bound. Rests on its
/// function, and not on that of the log's tree. That the renewal is the log's is the caller's to
/// know. Errors: kInvalid  the proof is of others: of another checkpoint, another number of
/// records.
///         kCorrupt  another record, or another checkpoint, was bound at that place.
Result<void> verify_renewed(const Renewal& renewal, const RenewalProof& proof,
                            std::span<const Bytes> records, const Checkpoint& old);

}  // namespace varve::format
