// The commands of varve-witness. Each returns an exit code (docs/ERRORS.md).
#pragma once

#include <string>

namespace varve::tools {

inline constexpr const char* kVarveWitness = "varve-witness";

/// Cosigns until SIGTERM.
int serve_witness(const std::string& config_path);
/// Makes the witness's key on its token, and prints the vkey.
int make_witness_key(const std::string& config_path);
/// Prints the vkey of the witness's key.
int print_witness_vkey(const std::string& config_path);
/// Looks at what a start would: configuration, list of logs, token, key.
int check_witness_config(const std::string& config_path);

}  // namespace varve::tools
