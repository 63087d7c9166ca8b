// A log's key history, verified: what a key event that is yet to be made would meet.
#pragma once

#include <optional>
#include <string>

#include "ledger/rules/key_history.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/open_keys.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

/// The history that the server gives, every event proven to be in the log, beginning with the key
/// that the server names as the first. Nothing where no server is named.
/// Errors: kInvalid  of another log.  kCorrupt  it does not verify.  As client::HttpClient.
Result<std::optional<verify::VerifiedKeys>> ask_history(const PublishArguments& server,
                                                        const std::string& origin);
/// The same from a trust bundle. Errors: as verify::open_bundle and tools::read_file.
Result<verify::VerifiedKeys> read_history(const std::string& bundle, const std::string& origin);

/// Where a key is in a log's history.
enum class Presence { kUnknown, kActive, kRetired, kForWitnesses };  // the last: now
Presence presence_of(const format::VerifierKey& key, const rules::KeyHistory& history);

/// One sentence: what it means for witnesses of the log that `leaving`, a key that signs, leaves.
std::string told_of_witnesses(const format::VerifierKey& leaving, const rules::KeyHistory& history);

/// Whether the log would take a key event that `signer` alone signs, and nobody approved.
/// Errors: kInvalid  it would not; the message says what to do instead.
Result<void> may_be_sent(const format::VerifierKey& signer, const rules::KeyHistory& history);

}  // namespace varve::keys
