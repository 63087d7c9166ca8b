// The keys that wrap a log's data keys, one a month: listed, exchanged, destroyed.
#pragma once

#include <string>

#include "tools/keys/key_commands.h"

namespace varve::keys {

/// What every kek command is about.
struct KekArguments {
  TokenArguments token;
  std::string prefix;  // kek_prefix of the log: the keys are called prefix + "/2026-11"
  std::string store;   // the log's directory
  bool json = false;
};

/// Prints each key-encryption key of the log: its month, and how many segments need it.
/// Errors: as Token::list_keys and store::segments_of_month.
Result<void> list_keks(const KekArguments& arguments);

struct RotateKekArguments {
  KekArguments kek;
  std::string month;         // "2026-11"
  TokenArguments new_token;  // where the month's next key is made; no module: on the same token
};
/// Makes another key for the month and wraps the month's data keys under it. The server may run. It
/// can be run again after any failure. Prints the new key's label. Errors: as store::rewrap_month.
Result<void> rotate_kek(const RotateKekArguments& arguments);

}  // namespace varve::keys
