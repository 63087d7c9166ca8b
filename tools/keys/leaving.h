// What retiring and revoking a key have in common.
#pragma once

#include <memory>
#include <string>

#include "tools/keys/confirmation.h"
#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct RetireArguments {
  TokenArguments token;
  std::string key;     // URI or vkey of the key that leaves (a lost key has no object any more)
  std::string signer;  // URI of a key that stays
  std::string origin;
  PublishArguments to;
  Confirmation confirmation;
  bool json = false;
};

/// The two keys, and the token that has the one which signs.
struct Leaving {
  std::unique_ptr<hsm::Token> token;
  format::VerifierKey key;
  format::VerifierKey signer;
};
/// Errors: kInvalid  nowhere to put the event, a vkey of another log, or both are one key.
///         As open_token and find_key.
Result<Leaving> open_leaving(const RetireArguments& arguments);

}  // namespace varve::keys
