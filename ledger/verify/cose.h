// A COSE receipt (RFC 9942), verified with a log's keys: that a record is in a tree that the log signed, or that such a
// tree begins with an older one. docs/format/cose-receipt.md
#pragma once

#include <optional>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/note.h"
#include "ledger/verify/verify_file.h"

namespace varve::verify {

struct CoseProven {
  format::Checkpoint in;                   // the tree that was signed; no note of it is known
  format::VerifierKey by;                  // who signed
  std::optional<LeafIndex> index;          // of the record that is in it; nothing: it begins with
  std::optional<format::Checkpoint> from;  // this tree
};

/// `record`: the record's bytes, for a receipt of inclusion. `older`: the note of the older tree's checkpoint, for one
/// of consistency.
/// Errors: kInvalid   malformed, of another log, or something is missing or too much.
///         kCorrupt   it does not verify.
///         kNotFound  as or_unknown_key.
Result<CoseProven> verify_cose_receipt(Bytes receipt, const Trust& trust,
                                       std::optional<Bytes> record,
                                       std::optional<std::string_view> older);

/// As demand_consistency() of a checkpoint: the key that signed may have left the log since. `consistency`: the answer
/// of GET proof/consistency; may be empty.
Result<void> demand_consistency(const CoseProven& proven, const Trust& trust,
                                std::string_view consistency);

}  // namespace varve::verify
