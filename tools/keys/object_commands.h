// Single objects on a token: a public key put back, a key destroyed.
#pragma once

#include <string>

#include "tools/keys/confirmation.h"
#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct ImportArguments {
  TokenArguments token;
  std::string vkey;
  std::string label;  // of the private key that it belongs to
  bool json = false;
};
/// Puts the public half of `vkey` beside its private half, which is on the token, and has the two sign and
/// verify; when they do not belong together, takes it away again. Prints the vkey.
/// Errors: kInvalid  not such a key, or not of this private key.  As hsm::import_public_key.
Result<void> import_public(const ImportArguments& arguments);

struct DestroyArguments {
  TokenArguments token;
  std::string label;
  std::string origin;
  PublishArguments server;  // asked whether the log still signs with it; empty: nobody is asked
  Confirmation confirmation;
  bool json = false;
};
/// Destroys a signing key, both halves. Prints the vkey.
/// Errors: kInvalid  it signs for the log, or nobody confirmed.  As Token::destroy_keys.
Result<void> destroy(const DestroyArguments& arguments);

}  // namespace varve::keys
