// C2SP tlog-proof: one file that proves, offline, that a record is in a log.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

/// `extra` is the whole record, so that the file is enough to recompute the leaf hash.
struct ProofFile {
  Buffer extra;  // empty: no extra line
  LeafIndex index;
  merkle::Proof proof;
  std::string checkpoint;  // a signed note, verbatim
};

std::string format_proof_file(const ProofFile& file);
/// Errors: kInvalid  not such a file; at most 64 hashes and 1 MiB are read.
Result<ProofFile> parse_proof_file(std::string_view text);

}  // namespace varve::format
