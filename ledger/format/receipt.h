// The receipt: the promise of an acknowledgement. It can be checked offline with only a vkey.
// JSON, docs/format/receipt.md
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/note.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

struct Receipt {
  LeafIndex first_index;
  std::uint64_t count = 0;  // leaves: of a sealed batch, its events and the seal
  TreeSize tree_size;
  Hash root;
  std::string checkpoint;     // the signed note, verbatim
  merkle::Proof range_proof;  // that leaves [first_index, first_index + count) are in the tree
  std::vector<Buffer> record_headers;  // server-sealed events only: each record up to its payload
  std::string sender = {};             // name of the source of these records; empty: the log itself
};

/// One line of JSON, a newline at its end; the same receipt always gives the same bytes.
std::string format_receipt(const Receipt& receipt);
/// Errors: kInvalid  not a receipt.
Result<Receipt> parse_receipt(std::string_view json);

/// Checks the checkpoint's signatures and origin, that its size and root are the receipt's, and
/// that `leaves` are in its tree at first_index.
/// Errors: kInvalid  malformed, or not `count` leaves.  kCorrupt  a signature or hash disagrees.
Result<void> verify_receipt(const Receipt& receipt, std::string_view origin,
                            std::span<const VerifierKey> known, std::span<const Hash> leaves);

}  // namespace varve::format
