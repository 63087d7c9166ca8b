// The keys that wrap a log's data keys, one a month: what every kek command is about, and kek list.
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

}  // namespace varve::keys
