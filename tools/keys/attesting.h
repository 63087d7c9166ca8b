// How far a token can be believed about a key: what it claims, what a throw-away key withstood, what
// the ledger says, and how many signatures there should be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

/// What a key event says about `key`, with the vendor's attestations from these files.
/// Errors: as Token::state_key and read_file; kInvalid  the attestations are too many or too large.
Result<format::KeyStatement> state_key(hsm::Token& token, const format::VerifierKey& key,
                                       const std::vector<std::string>& attestation_files);

/// Why this statement does not show that the key cannot leave its token; empty when it does.
std::vector<std::string> doubts_about(const format::KeyStatement& statement);

struct AttestArguments {
  KeyArguments key;
  PublishArguments server;                   // whose count of signatures is asked for; empty: none
  std::optional<std::uint64_t> token_count;  // of the token's own counter or log, read by hand
};

/// Prints it all. Errors: kIo  there are doubts, or the token counts more signatures than the server
/// asked for: says which.  As show.
Result<void> attest(const AttestArguments& arguments);

}  // namespace varve::keys
