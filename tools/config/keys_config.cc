// Strict in the tables that are read whole; a name from the others.
#include "tools/config/keys_config.h"

#include <toml++/toml.h>

namespace varve::tools {
namespace {

std::string text_in(const toml::table& table, std::string_view key) {
  return table[key].value_exact<std::string>().value_or("");
}

Result<void> read_tokens(const toml::table& root, KeysConfig& config) {
  const toml::table* const hsm = root["hsm"].as_table();
  if (hsm == nullptr) return invalid("there is no [hsm]");
  RETURN_IF_ERROR(read_table(*hsm, "[hsm]", hsm_keys(config.hsm)));
  if (const toml::node* const further = root.get("further_hsm"))
    RETURN_IF_ERROR(read_further_hsms(*further, config.further_hsms));
  if (const toml::table* const operators = root["operator"].as_table())
    RETURN_IF_ERROR(read_table(*operators, "[operator]", operator_keys(config.operators)));
  return {};
}

Result<void> read_logs(const toml::table& root, KeysConfig& config) {
  const toml::node* const logs = root.get("log");
  if (logs == nullptr) return invalid("there is no [[log]]");
  return read_tables(*logs, kLogIsATable, [&](const toml::table& table) -> Result<void> {
    KeysConfig::Log log{text_in(table, "name"), text_in(table, "origin"),
                        text_in(table, "kek_prefix"), text_in(table, "key"),
                        text_in(table, "high_water_mark")};
    if (log.name.empty() || log.origin.empty()) return invalid("a [[log]] has no name or origin");
    if (log.kek_prefix.empty()) log.kek_prefix = default_kek_prefix(log.name);
    config.logs.push_back(std::move(log));
    return {};
  });
}

Result<KeysConfig> read(const toml::table& root) {
  KeysConfig config;
  if (const toml::table* const server = root["server"].as_table())
    config.data = text_in(*server, "data");
  if (config.data.empty()) return invalid("[server] has no data");
  RETURN_IF_ERROR(read_tokens(root, config));
  RETURN_IF_ERROR(read_logs(root, config));
  RETURN_IF_ERROR(variables_of(config.hsm, config.further_hsms));
  return config;
}

}  // namespace

Result<KeysConfig> load_keys_config(const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, load_toml(path));
  auto config = read(root);
  if (!config) return invalid(path + ": " + config.error().message);
  return config;
}

}  // namespace varve::tools
