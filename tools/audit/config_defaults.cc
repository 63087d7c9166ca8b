// The options are put on the command line, so that everything that checks them stays as it is.
#include "tools/audit/config_defaults.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "tools/config/audit_config.h"

namespace varve::audit {
namespace {

using tools::Arguments;

/// A command line as its words stand on it: which command, and the words that no option takes.
struct Line {
  CLI::App* command = nullptr;
  std::size_t behind_command = 0;  // position of the first word after it
  Arguments places;
};

const CLI::Option* option_named(const CLI::App& app, const CLI::App* command,
                                const std::string& name) {
  const CLI::Option* const own = command == nullptr ? nullptr : command->get_option_no_throw(name);
  return own != nullptr ? own : app.get_option_no_throw(name);
}

Line read_line(CLI::App& app, const Arguments& arguments) {
  Line line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with("-")) {
      const CLI::Option* const option = option_named(app, line.command, word);
      if (option != nullptr && option->get_items_expected_max() > 0) ++i;  // its value
    } else if (line.command == nullptr) {
      const auto named =
          app.get_subcommands([&](const CLI::App* one) { return one->get_name() == word; });
      if (named.empty()) return line;
      line.command = named.front();
      line.behind_command = i + 1;
    } else {
      line.places.push_back(word);
    }
  }
  return line;
}

std::vector<const CLI::Option*> places_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

bool is_url(const std::string& word) {
  return word.find("://") != std::string::npos;
}

/// Whether the command asks for a log's URL, and the line has neither that nor a directory.
bool lacks_url(const Line& line) {
  const auto places = places_of(*line.command);
  if (places.empty() || !places.front()->get_name(true).starts_with("URL")) return false;
  if (line.places.empty()) return true;
  if (line.places.size() >= places.size() || is_url(line.places.front())) return false;
  std::error_code ignored;
  return places.front()->get_name(true) == "URL" ||
         !std::filesystem::is_directory(line.places.front(), ignored);
}

/// `keys` and others take a bundle in place of a URL or a key.
bool has_bundle(const Arguments& arguments) {
  return tools::is_given(arguments, "--bundle");
}

bool lacks_vkey(const Line& line, const Arguments& arguments) {
  return line.command->get_option_no_throw("--vkey") != nullptr &&
         !tools::is_given(arguments, "--vkey") && !has_bundle(arguments);
}

void add_server(const tools::AuditConfig& config, const std::string& log,
                const Arguments& arguments, Arguments& added) {
  added.push_back(config.auditor.server + "/logs/" + log);
  const auto add = [&](const std::string& option, const std::string& value) {
    if (!tools::is_given(arguments, option) && !value.empty())
      added.push_back(option + "=" + value);
  };
  add("--ca", config.auditor.ca);
  add("--bearer-file", config.auditor.bearer);
}

/// What stands on no line and in the configuration. Errors: as with_defaults.
Result<Arguments> missing_of(const Line& line, const Arguments& arguments,
                             const tools::Asked& asked) {
  const bool wants_url = lacks_url(line) && !has_bundle(arguments);
  const bool wants_vkey = lacks_vkey(line, arguments);
  Arguments added;
  if (!wants_url && !wants_vkey) return added;
  ASSIGN_OR_RETURN(const tools::AuditConfig config, tools::load_audit_config(asked.config));
  std::vector<std::string> names;
  for (const tools::AuditConfig::Log& log : config.logs) names.push_back(log.name);
  ASSIGN_OR_RETURN(const std::size_t chosen, tools::chosen_log(names, asked));
  if (wants_url) add_server(config, names[chosen], arguments, added);
  if (!wants_vkey || config.logs[chosen].first_vkey.empty()) return added;
  ASSIGN_OR_RETURN(const std::string vkey, tools::read_first_vkey(config.logs[chosen].first_vkey));
  added.push_back("--vkey=" + vkey);
  return added;
}

}  // namespace

void add_config_options(CLI::App& app) {
  app.add_option("--config",
                 "a varved.toml that says what is not given here of server, log, key and bearer "
                 "token; else the one that VARVE_CONFIG names")
      ->type_name("FILE");
  app.add_option("--log", "the log in that file, where it has several")->type_name("NAME");
}

Result<Arguments> with_defaults(CLI::App& app, Arguments arguments) {
  const tools::Asked asked = tools::asked_in(arguments);
  if (asked.config.empty()) return arguments;
  const Line line = read_line(app, arguments);
  if (line.command == nullptr) return arguments;
  ASSIGN_OR_RETURN(const Arguments added, missing_of(line, arguments, asked));
  arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(line.behind_command),
                   added.begin(), added.end());
  return arguments;
}

}  // namespace varve::audit
