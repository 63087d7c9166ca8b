// varved.toml as varve-keys reads it: the tokens, the logs' names, how the server is reached. What
// is only the server's is not looked at, so that the tool which has the PINs links nothing of it.
#pragma once

#include <string>
#include <vector>

#include "tools/config/token_config.h"

namespace varve::tools {

struct KeysConfig {
  struct Log {
    std::string name;
    std::string origin;
    std::string kek_prefix;
    std::string key;              // URI or vkey of its first signing key
    std::string high_water_mark;  // directory; empty: none
  };
  std::string data;  // directory of the logs
  HsmConfig hsm;
  std::vector<HsmConfig> further_hsms;
  OperatorConfig operators;
  std::vector<Log> logs;
};

/// Errors: as load_config, of the tables that it reads.
Result<KeysConfig> load_keys_config(const std::string& path);

}  // namespace varve::tools
