// The tables of varved.toml that varve-keys reads too: which tokens there are, what their libraries
// read from the environment, and how the server is reached.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/config/table.h"

namespace varve::tools {

/// Of both readers of the logs' tables.
inline constexpr const char* kLogIsATable = "a log is a table of its own: [[log]]";

/// Variables of the environment and their values.
using Environ = std::map<std::string, std::string>;

/// A token.
struct HsmConfig {
  std::string module;  // path of the PKCS#11 library
  std::string token;   // RFC 7512 URI of the token
  std::string pin;     // where the PIN is; see hsm/pin.h
  std::uint32_t timeout_ms = 5000;
  Environ environment = {};  // that the library reads: SoftHSM finds its store by SOFTHSM2_CONF
};

/// [operator]: how varve-keys reaches this server, which has no use for it itself.
struct OperatorConfig {
  std::string server;  // https://host:port
  std::string ca;      // PEM; empty: the system's
  std::string bearer;  // file with a bearer token of the role operate
};

std::vector<Key> hsm_keys(HsmConfig& hsm);
std::vector<Key> operator_keys(OperatorConfig& operators);
/// The array [[further_hsm]]. Errors: kInvalid  as read_table.
Result<void> read_further_hsms(const toml::node& node, std::vector<HsmConfig>& hsms);

/// The variables of all tokens. Errors: kInvalid  two tokens give one variable different values: a
/// process has one of each name.
Result<Environ> variables_of(const HsmConfig& first, const std::vector<HsmConfig>& further);

/// Sets them in this process; what is set already gives way. Thread: from main, before there are
/// threads and before a token's library is loaded. Errors: kIo  there is no memory for it.
Result<void> set_environment(const Environ& variables);

/// `kek_prefix` where a log's table has none.
std::string default_kek_prefix(const std::string& log_name);

}  // namespace varve::tools
