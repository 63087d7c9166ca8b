// rotate, witness-key and retire: a key joins a log, and one leaves it. revoke is in revoking.h.
#pragma once

#include "tools/keys/leaving.h"

namespace varve::keys {

struct RotateArguments {
  TokenArguments token;
  std::string key;           // URI of a key that signs now
  std::string label;         // of the new key
  TokenArguments new_token;  // where it is made; no module: on the same token
  std::string algorithm = "ed25519";
  std::string origin;
  std::vector<std::string> attestations;  // files: what the vendor signed about the new key
  PublishArguments to;
  bool dry_run = false;
  bool json = false;
};
/// Makes the new key unless an earlier run made it, signs the event (which says what the token claims
/// about the new key, and how a throw-away one stood the probe) with both, publishes it unless
/// the server has it. Prints the new vkey. So it can be run again after any failure. What the server
/// would not take is refused before a key is made.
Result<void> rotate(const RotateArguments& arguments);

/// The same of the key that signs what goes to witnesses: Ed25519, in place of the one before, if there is one.
/// Whether witnesses have to be told is written to stderr.
Result<void> witness_key(const RotateArguments& arguments);

/// Prints the vkey that leaves. Asks before the server is told. The key itself stays on the token:
/// destroying it is another step.
Result<void> retire(const RetireArguments& arguments);

}  // namespace varve::keys
