// The commands of varve-keys that concern one token and nothing else.
#pragma once

#include <memory>
#include <string>

#include "hsm/token.h"

namespace varve::keys {

/// Which token, and where its PIN comes from (hsm/pin.h).
struct TokenArguments {
  std::string module;
  std::string token;  // RFC 7512 URI
  std::string pin;
  std::uint32_t timeout_ms = 10'000;
};

Result<std::unique_ptr<hsm::Token>> open_token(const TokenArguments& arguments);

/// The key that `uri` names, as the verifier key of the log `origin`.
Result<format::VerifierKey> find_key(hsm::Token& token, const std::string& uri,
                                     const std::string& origin);

/// "ed25519" or "p256". Errors: kInvalid.
Result<format::Algorithm> parse_algorithm(const std::string& name);

struct CreateArguments {
  TokenArguments token;
  std::string algorithm = "ed25519";
  std::string label;
  std::string origin;
  bool json = false;
};
/// Prints the vkey.
Result<void> create(const CreateArguments& arguments);

struct ListArguments {
  TokenArguments token;
  bool json = false;
};
Result<void> list(const ListArguments& arguments);

struct KeyArguments {
  TokenArguments token;
  std::string key;  // RFC 7512 URI
  std::string origin;
  bool json = false;
};
/// Prints the vkey and what the token claims about the key.
Result<void> show(const KeyArguments& arguments);
/// Signs a random message, verifies it, prints how long it took.
Result<void> test(const KeyArguments& arguments);

}  // namespace varve::keys
