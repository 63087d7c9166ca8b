// Members of a server's JSON answers that hold hashes.
#pragma once

#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/json.h"
#include "ledger/merkle/proof.h"

namespace varve::verify {

/// A hash in base64. Errors: kInvalid  it is not there, or is none.
Result<Hash> hash_member(const format::Json& json, std::string_view key);
/// The list "proof", of hashes in base64. Errors: kInvalid  it is not there, or holds something
/// else.
Result<merkle::Proof> proof_member(const format::Json& json);

}  // namespace varve::verify
