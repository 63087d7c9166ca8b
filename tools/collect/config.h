// What init was told, kept in DIR/config as "name value" lines that an operator can read and edit.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::collect {

struct Config {
  std::string source;       // name of this source; never changes
  std::string origin;       // of the log; never changes
  std::string url;          // https://host/logs/name
  std::string vkey;         // the log's first key: what everything is checked against
  std::string bearer_file;  // absolute; empty: send no token
  std::string ca_file;      // absolute; empty: the system's certificate authorities
  bool operator==(const Config&) const = default;
};

/// Requires values without line breaks; check_config refuses others.
std::string format_config(const Config& config);
/// Errors: kInvalid  names the line: unknown or repeated name, no value, or one is missing.
Result<Config> parse_config(std::string_view text);
/// Errors: kInvalid  a name, origin, URL or key that is not one.
Result<void> check_config(const Config& config);

}  // namespace varve::collect
