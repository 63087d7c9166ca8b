// The commands of varve-keys that concern whole tokens, and need no key.
#pragma once

#include <string>

#include "ledger/base/result.h"

namespace varve::keys {

struct TokensArguments {
  std::string module;
  bool json = false;
};
/// Prints the slots of the library that have a token: how each is named, the state of its user PIN,
/// what it can be used for. Needs no PIN.
Result<void> tokens(const TokensArguments& arguments);

struct InitTokenArguments {
  std::string module;
  std::string label;
  std::string so_pin;
  std::string pin;
  bool json = false;
};
Result<void> init_token(const InitTokenArguments& arguments);

}  // namespace varve::keys
