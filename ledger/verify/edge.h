// A frontier as bytes, so that an audit can be stopped and taken up again.
#pragma once

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/merkle/tree.h"

namespace varve::verify {

void encode_frontier(ByteWriter& out, const merkle::Frontier& frontier);
/// Errors: kCorrupt  cut short.
Result<merkle::Frontier> decode_frontier(ByteReader& in);

}  // namespace varve::verify
