// Renewals as an auditor sees them: made from a log's records, made again to check one, and what
// they prove of an old receipt. docs/format/renewal.md
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/renewal.h"
#include "ledger/format/tombstone_check.h"
#include "tools/audit/lib/log_source.h"
#include "tools/audit/lib/verify_file.h"
#include "tools/common/new_file.h"

namespace varve::audit {

/// A renewal that is a record of the log, signed by a key that was active then.
struct OpenedRenewal {
  LeafIndex index;
  format::Renewal renewal;
  SignedCheckpoint in;  // whose tree holds the record
};

/// `statement`: a tlog-proof that carries the record.
/// Errors: kInvalid  not such a proof.  kCorrupt  it does not verify, or is not signed.
Result<OpenedRenewal> open_renewal(std::string_view statement, const Trust& trust);

/// Told of each record's leaves in the renewed trees, in order.
using EachRenewed = std::function<Result<void>(const format::RenewedLeaves& leaves)>;

/// Makes the renewal of the first `size` records anew. `in` is the size of the log in `source`,
/// of which nothing is believed: compare the outcome's root with a signed one.
/// Of events that are gone it binds the hashes: `tombstones` holds them against the records, and
/// has their months then. Cost: every record read, and about log2 of the size hashes for each.
/// Memory: a bundle.
/// Errors: kIo  it could not be read.  kCorrupt  a bundle is not one, or a tombstone cannot be
/// true.
///         As `each`.
Result<format::Renewal> renew(const LogSource& source, TreeSize in, TreeSize size,
                              const std::string& origin, const merkle::HashFunction& function,
                              format::TombstoneCheck& tombstones, const EachRenewed& each);

/// The leaves of a renewal in a file, 64 bytes a record: enough for any proof of it, also when the
/// records themselves are gone. docs/format/renewal.md
class LeavesWriter {
 public:
  /// Replaces the file `path` once it is whole. Errors: kFull, kIo, kNotFound.
  static Result<LeavesWriter> open(const std::string& path);
  Result<void> add(const format::RenewedLeaves& leaves);
  /// Durable at return.
  Result<void> finish();

 private:
  LeavesWriter(std::unique_ptr<env::Filesystem> files, tools::NewFile file)
      : files_(std::move(files)), file_(std::move(file)) {}
  Result<void> flush();

  std::unique_ptr<env::Filesystem> files_;
  tools::NewFile file_;
  ByteOffset end_;
  Buffer waiting_;
};

/// Answers `asked` (first, count, checkpoint and statement) from such a file, which is not
/// believed. Memory: 64 KiB. Errors: kInvalid  as format::RenewalProver::of; these are not the leaves
/// of that renewal.  kNotFound, kIo.
Result<format::RenewalProof> prove_renewed(const std::string& leaves_path,
                                           const format::Renewal& renewal,
                                           format::RenewalProof asked);

/// Whether what `range` proves under the log's own hash function was bound by a renewal, too.
/// `text`: a proof of renewal. Errors: as open_renewal and format::verify_renewed.
Result<OpenedRenewal> verify_renewal_proof(std::string_view text, const ProvenRange& range,
                                           const Trust& trust);

}  // namespace varve::audit
