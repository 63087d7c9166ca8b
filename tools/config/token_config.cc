// Keys of these tables; the variables' names and values; setenv.
#include "tools/config/token_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>

namespace varve::tools {
namespace {

bool is_variable(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Key environment_key(std::string_view name, Environ& out) {
  return {name, false, [name, &out](const toml::node& node) -> Result<void> {
            const Error wrong = invalid(std::string{name} +
                                        " is a table of variables and their values, as texts: "
                                        "{SOFTHSM2_CONF = \"/etc/varve/softhsm2.conf\"}");
            const toml::table* table = node.as_table();
            if (table == nullptr) return wrong;
            for (const auto& [variable, text] : *table) {
              const auto value = text.value_exact<std::string>();
              if (!value || value->find('\0') != std::string::npos || !is_variable(variable.str()))
                return wrong;
              out.emplace(variable.str(), *value);
            }
            return {};
          }};
}

/// The configuration is no secret, and a PIN is.
Result<void> expect_no_pin(const HsmConfig& hsm, const Environ& variables) {
  if (!hsm.pin.starts_with("env:") || !variables.contains(hsm.pin.substr(4))) return {};
  return invalid("`environment` has " + hsm.pin.substr(4) +
                 ", which is a PIN: write the PIN into a file, and pin = \"file:/PATH\"");
}

}  // namespace

std::vector<Key> hsm_keys(HsmConfig& hsm) {
  return {
      text_key("module", hsm.module, true),
      text_key("token", hsm.token, true),
      text_key("pin", hsm.pin, true),
      number_key("timeout_ms", 100, 600'000, hsm.timeout_ms),
      environment_key("environment", hsm.environment),
  };
}

std::vector<Key> operator_keys(OperatorConfig& operators) {
  return {
      text_key("server", operators.server, true),
      text_key("ca", operators.ca),
      text_key("bearer", operators.bearer),
  };
}

Result<void> read_further_hsms(const toml::node& node, std::vector<HsmConfig>& hsms) {
  return read_tables(node, "each further token is a table of its own: [[further_hsm]]",
                     [&](const toml::table& table) {
                       return read_table(table, "[[further_hsm]]", hsm_keys(hsms.emplace_back()));
                     });
}

Result<Environ> variables_of(const HsmConfig& first, const std::vector<HsmConfig>& further) {
  Environ all = first.environment;
  for (const HsmConfig& hsm : further)
    for (const auto& [name, value] : hsm.environment)
      if (all.emplace(name, value).first->second != value)
        return invalid("two tokens give the variable " + name +
                       " different values in their `environment`, and a process has one");
  RETURN_IF_ERROR(expect_no_pin(first, all));
  for (const HsmConfig& hsm : further) RETURN_IF_ERROR(expect_no_pin(hsm, all));
  return all;
}

Result<void> set_environment(const Environ& variables) {
  for (const auto& [name, value] : variables)
    if (::setenv(name.c_str(), value.c_str(), 1) != 0)
      return io_error("there is no memory for the variable " + name);
  return {};
}

std::string default_kek_prefix(const std::string& log_name) {
  return "varve/" + log_name;
}

}  // namespace varve::tools
