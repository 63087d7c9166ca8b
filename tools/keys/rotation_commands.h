// The commands of varve-keys that change which keys a log has.
#pragma once

#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct RotateArguments {
  TokenArguments token;
  std::string key;    // URI of a key that signs now
  std::string label;  // of the new key
  std::string algorithm = "ed25519";
  std::string origin;
  PublishArguments to;
};
/// Makes the new key unless an earlier run made it, signs the event with both, publishes it unless
/// the server has it. Prints the new vkey. So it can be run again after any failure.
Result<void> rotate(const RotateArguments& arguments);

struct RetireArguments {
  TokenArguments token;
  std::string key;     // URI or vkey of the key that leaves (a lost key has no object any more)
  std::string signer;  // URI of a key that stays
  std::string origin;
  PublishArguments to;
};
/// Prints the vkey that leaves. The key itself stays on the token: destroying it is another step.
Result<void> retire(const RetireArguments& arguments);

}  // namespace varve::keys
