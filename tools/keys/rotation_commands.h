// The commands of varve-keys that change which keys a log has.
#pragma once

#include "tools/keys/confirmation.h"
#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct RotateArguments {
  TokenArguments token;
  std::string key;    // URI of a key that signs now
  std::string label;  // of the new key
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
/// the server has it. Prints the new vkey. So it can be run again after any failure.
Result<void> rotate(const RotateArguments& arguments);

struct RetireArguments {
  TokenArguments token;
  std::string key;     // URI or vkey of the key that leaves (a lost key has no object any more)
  std::string signer;  // URI of a key that stays
  std::string origin;
  PublishArguments to;
  Confirmation confirmation;
  bool json = false;
};
/// Prints the vkey that leaves. Asks before the server is told. The key itself stays on the token:
/// destroying it is another step.
Result<void> retire(const RetireArguments& arguments);

struct RevokeArguments {
  RetireArguments leaving;
  std::uint64_t last_size = 0;
};
/// Prints the vkey that is revoked. Not for a key that is merely old: what it signed on larger trees
/// than last_size is worth nothing from then on.
Result<void> revoke(const RevokeArguments& arguments);

}  // namespace varve::keys
