// What the proofs' routes share, whichever form an answer has.
#pragma once

#include "api/route.h"
#include "ledger/base/types.h"

namespace varve::api {

/// The leaf that the query names by index or leaf_hash. May read the disk. Errors: kInvalid, kNotFound.
Result<LeafIndex> asked_leaf(const Exchange& exchange);
/// The refusal of a query, or of a read.
Response refuse_query(const Exchange& exchange, const Error& error);

// cose.cc: the answers as COSE receipts of the newest checkpoint
inline constexpr std::string_view kCose = "application/cose";
void give_inclusion_receipt(const SharedExchange& exchange, const Reply& reply);
void give_consistency_receipt(const SharedExchange& exchange, const Reply& reply);

}  // namespace varve::api
