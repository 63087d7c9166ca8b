// Renewals as an auditor sees them: made from a log's records, made again to check one, and what
// they prove of an old receipt. docs/format/renewal.md
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/renewal.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/tombstone_check.h"
#include "ledger/verify/log_source.h"
#include "ledger/verify/verify_file.h"

namespace varve::verify {

/// A renewal that is a record of the log, signed by a key that was active then.
struct OpenedRenewal {
  LeafIndex index;
  format::Renewal renewal;
  format::SignedCheckpoint in;  // whose tree holds the record
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
                              rules::TombstoneCheck& tombstones, const EachRenewed& each);

/// Whether what `range` proves under the log's own hash function was bound by a renewal, too.
/// `text`: a proof of renewal. Errors: as open_renewal and format::verify_renewed.
Result<OpenedRenewal> verify_renewal_proof(std::string_view text, const ProvenRange& range,
                                           const Trust& trust);

}  // namespace varve::verify
