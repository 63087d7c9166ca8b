// Names and values from the table, then setenv.
#include "tools/varved/environment.h"

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

/// The variables of all tokens. Errors: as check_environments.
Result<Environ> all_variables(const Config& config) {
  Environ all = config.hsm.environment;
  for (const HsmConfig& further : config.further_hsms)
    for (const auto& [name, value] : further.environment)
      if (all.emplace(name, value).first->second != value)
        return invalid("two tokens give the variable " + name +
                       " different values in their `environment`, and a process has one");
  return all;
}

}  // namespace

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

Result<void> check_environments(const Config& config) {
  const auto all = all_variables(config);
  return all ? Result<void>() : all.error();
}

Result<void> set_environments(const Config& config) {
  ASSIGN_OR_RETURN(const Environ all, all_variables(config));
  for (const auto& [name, value] : all)
    if (::setenv(name.c_str(), value.c_str(), 1) != 0)
      return io_error("there is no memory for the variable " + name);
  return {};
}

Result<Config> adopt_config(const std::string& path) {
  ASSIGN_OR_RETURN(Config config, load_config(path));
  RETURN_IF_ERROR(set_environments(config));
  return config;
}

}  // namespace varve::tools
