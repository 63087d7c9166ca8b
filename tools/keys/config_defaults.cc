// The options are put on the command line, so that everything that checks them stays as it is.
#include "tools/keys/config_defaults.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/config/asked.h"
#include "tools/config/keys_config.h"

namespace varve::keys {
namespace {

using tools::Arguments;
using tools::is_given;

bool has(const CLI::App& command, const std::string& option) {
  return command.get_option_no_throw(option) != nullptr;
}

bool asks_for_defaults(const CLI::App& command) {
  return std::ranges::any_of(Arguments{"--module", "--origin", "--prefix", "--server"},
                             [&](const std::string& option) { return has(command, option); });
}

/// What one command gets.
class Defaults {
 public:
  Defaults(const CLI::App& command, const Arguments& given) : command_(command), given_(given) {}

  void add_token(const tools::HsmConfig& hsm) {
    const bool other_token = is_given(given_, "--module") || is_given(given_, "--token");
    if (!is_given(given_, "--module")) add("--module", hsm.module);
    if (!has(command_, "--token") || other_token) return;  // init-token sets a PIN of its own
    add("--token", hsm.token);
    add("--pin", hsm.pin);
    add("--timeout-ms", std::to_string(hsm.timeout_ms));
  }

  [[nodiscard]] bool wants_log() const {
    return wants_server() || wants("--origin") || wants("--prefix") || wants("--store");
  }

  void add_log(const tools::KeysConfig& config, const tools::KeysConfig::Log& log) {
    add("--origin", log.origin);
    add("--prefix", log.kek_prefix);
    add("--store", config.data + "/" + log.name);
    if (!wants_server() || config.operators.server.empty()) return;
    add("--server", config.operators.server);
    add("--log", log.name);
    add("--ca", config.operators.ca);
    add("--bearer-file", config.operators.bearer);
  }

  [[nodiscard]] const Arguments& options() const { return options_; }

 private:
  [[nodiscard]] bool wants(const std::string& option) const {
    return has(command_, option) && !is_given(given_, option);
  }
  /// Without a server, a command that names no origin works offline on purpose.
  [[nodiscard]] bool wants_server() const {
    if (!wants("--server")) return false;
    if (command_.get_option_no_throw("--server")->get_required()) return true;
    return has(command_, "--origin") && !is_given(given_, "--out");
  }
  void add(const std::string& option, const std::string& value) {
    if (wants(option) && !value.empty()) options_.push_back(option + "=" + value);
  }

  const CLI::App& command_;
  const Arguments& given_;
  Arguments options_;
};

/// How many words at the beginning name a command, and which.
std::pair<std::size_t, CLI::App*> command_in(CLI::App& app, const Arguments& arguments) {
  CLI::App* command = &app;
  std::size_t words = 0;
  for (; words < arguments.size(); ++words) {
    const auto inner = command->get_subcommands(
        [&](const CLI::App* one) { return one->get_name() == arguments[words]; });
    if (inner.empty()) break;
    command = inner.front();
  }
  return {words, command};
}

}  // namespace

void add_config_options(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    add_config_options(*command);
    if (!asks_for_defaults(*command)) continue;
    command
        ->add_option(
            "--config",
            "a varved.toml that says what is not given here of token, log and server; else "
            "the one that VARVE_CONFIG names")
        ->type_name("FILE");
    if (has(*command, "--log")) continue;
    command->add_option("--log", "the log in that file, where it has several")->type_name("NAME");
  }
}

Result<Arguments> with_defaults(CLI::App& app, Arguments arguments) {
  const auto [words, command] = command_in(app, arguments);
  const tools::Asked asked = tools::asked_in(arguments);
  if (asked.config.empty() || !asks_for_defaults(*command)) return arguments;
  ASSIGN_OR_RETURN(const tools::KeysConfig config, tools::load_keys_config(asked.config));
  ASSIGN_OR_RETURN(const auto variables, tools::variables_of(config.hsm, config.further_hsms));
  RETURN_IF_ERROR(tools::set_environment(variables));
  Defaults defaults(*command, arguments);
  defaults.add_token(config.hsm);
  if (defaults.wants_log()) {
    std::vector<std::string> names;
    for (const tools::KeysConfig::Log& log : config.logs) names.push_back(log.name);
    ASSIGN_OR_RETURN(const std::size_t chosen, tools::chosen_log(names, asked));
    defaults.add_log(config, config.logs[chosen]);
  }
  Arguments all = arguments;
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(words), defaults.options().begin(),
             defaults.options().end());
  return all;
}

}  // namespace varve::keys
