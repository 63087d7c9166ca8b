// Strict in [auditor]; of the logs' tables only what an auditor asks for.
#include "tools/config/audit_config.h"

#include <toml++/toml.h>

#include "ledger/base/text.h"
#include "tools/common/files.h"
#include "tools/config/token_config.h"

namespace varve::tools {
namespace {

constexpr std::size_t kVkeyFileMax = 4'096;  // bytes

Result<void> read_audited_log(const toml::table& table, AuditConfig& config) {
  const auto text = [&](std::string_view key) {
    return table[key].value_exact<std::string>().value_or("");
  };
  if (text("name").empty()) return invalid("a [[log]] has no name");
  config.logs.push_back({text("name"), text("first_vkey")});
  return {};
}

Result<AuditConfig> read_audit_config(const toml::table& root) {
  AuditConfig config;
  const toml::table* const auditor = root["auditor"].as_table();
  if (auditor == nullptr)
    return invalid("there is no [auditor], which says how to reach the server");
  RETURN_IF_ERROR(read_table(*auditor, "[auditor]", auditor_keys(config.auditor)));
  const toml::node* const logs = root.get("log");
  if (logs == nullptr) return invalid("there is no [[log]]");
  RETURN_IF_ERROR(read_tables(*logs, kLogIsATable, [&](const toml::table& table) {
    return read_audited_log(table, config);
  }));
  if (config.logs.empty()) return invalid("there is no [[log]]");
  return config;
}

}  // namespace

std::vector<Key> auditor_keys(AuditorConfig& auditor) {
  return {
      text_key("server", auditor.server, true),
      text_key("ca", auditor.ca),
      text_key("bearer", auditor.bearer),
  };
}

Result<AuditConfig> load_audit_config(const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, load_toml(path));
  auto config = read_audit_config(root);
  if (!config) return invalid(path + ": " + config.error().message);
  return config;
}

Result<std::string> read_first_vkey(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, read_file(path, kVkeyFileMax));
  std::string_view text = text_of(bytes);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty() || text.find('\n') != std::string_view::npos)
    return invalid(path + " is no first public key: that is one line");
  return std::string(text);
}

}  // namespace varve::tools
