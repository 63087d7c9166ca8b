// Signs the root of the newest checkpoint for COSE receipts. It is the one place that asks for such a signature.
#pragma once

#include "ledger/env/signer.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/ledger.h"
#include "ledger/state/sole_writer.h"

namespace varve::log {

/// By the oldest key that signs and that the token has: `seen` has the newest checkpoint together with the keys after
/// its records, so no key ever signs a tree of before it joined or after it left. Requires a turn at the token
/// (env::TokenTurns), which was had before `seen` was looked at.
/// Errors: as Signer::sign; kBusy  also: the signature does not verify.  kIo  also: no token has such a key.
///         kWorm  there is, or may be, another writer.
Result<format::SignedRoot> sign_root(const LedgerView& seen, const state::SoleWriter& writer,
                                     env::Signer& token);

}  // namespace varve::log
