// varved.toml as varve-audit reads it: how the server is reached, and the logs' first keys. A file of
// an auditor's own needs no more than these tables.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/config/table.h"

namespace varve::tools {

/// [auditor], which is of no use to varved.
struct AuditorConfig {
  std::string server;  // https://host:port
  std::string ca;      // PEM; empty: the system's
  std::string bearer;  // file with a bearer token of the role read; empty: none
};

struct AuditConfig {
  struct Log {
    std::string name;
    std::string first_vkey;  // file with its first public key; empty: the configuration has none
  };
  AuditorConfig auditor;
  std::vector<Log> logs;
};

std::vector<Key> auditor_keys(AuditorConfig& auditor);

/// Errors: as load_toml; kInvalid  the tables are not there, or [auditor] is wrong.
Result<AuditConfig> load_audit_config(const std::string& path);

/// The public key in a file that holds nothing else. Errors: as read_file; kInvalid  it is no key.
Result<std::string> read_first_vkey(const std::string& path);

}  // namespace varve::tools
