// What an operator does before the witness runs.
#include <cstdio>

#include "hsm/uri.h"
#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"
#include "tools/witness/commands.h"
#include "tools/witness/log_file.h"
#include "tools/witness/token.h"

namespace varve::tools {
namespace {

Result<std::string> label_in(const std::string& key) {
  ASSIGN_OR_RETURN(const hsm::Uri uri, hsm::Uri::parse(key));
  const auto label = uri.object_label();
  if (!label || uri.object_id())
    return invalid("to make the key, name it by its label alone: key = \"pkcs11:object=LABEL\"");
  return std::string(text_of(*label));
}

Result<format::CosignerKey> make_key(const std::string& config_path) {
  ASSIGN_OR_RETURN(const WitnessProgramConfig config, adopt_witness_config(config_path));
  ASSIGN_OR_RETURN(const std::string label, label_in(config.key));
  const auto token = open_witness_token(config);
  if (!token) return token.error();
  ASSIGN_OR_RETURN(const auto made, (*token)->create_key_pair(format::Algorithm::kEd25519, label));
  return format::make_cosigner_key(config.name, made.key);
}

Result<format::CosignerKey> find_key_of(const std::string& config_path) {
  ASSIGN_OR_RETURN(const WitnessProgramConfig config, adopt_witness_config(config_path));
  ASSIGN_OR_RETURN(const auto token, open_witness_token(config));
  return find_witness_key(config, *token);
}

int print(const Result<format::CosignerKey>& key) {
  if (!key) return report(kVarveWitness, key.error());
  std::printf("%s\n", format::format_cosigner_vkey(*key).c_str());
  return kExitOk;
}

}  // namespace

int make_witness_key(const std::string& config_path) {
  return print(make_key(config_path));
}

int print_witness_vkey(const std::string& config_path) {
  return print(find_key_of(config_path));
}

int check_witness_config(const std::string& config_path) {
  const auto config = adopt_witness_config(config_path);
  if (!config) return report(kVarveWitness, config.error());
  const auto logs = load_log_list(config->logs);
  if (!logs) return report(kVarveWitness, logs.error());
  const auto key = find_key_of(config_path);
  if (!key) return report(kVarveWitness, key.error());
  std::printf("%s is right: %zu log%s, cosigned as %s\n", config_path.c_str(), logs->size(),
              logs->size() == 1 ? "" : "s", format::format_cosigner_vkey(*key).c_str());
  return kExitOk;
}

}  // namespace varve::tools
