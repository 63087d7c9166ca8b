// Walks over what CLI11 was told.
#include "tools/common/self_description.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "tools/common/commit.h"
#include "tools/common/exit_code.h"
#include "tools/common/version.h"

namespace varve::tools {
namespace {

std::vector<CLI::App*> commands_of(CLI::App& app) {
  return app.get_subcommands([](CLI::App* one) { return !one->get_name().empty(); });
}

/// Also those of its groups, which CLI11 keeps as commands without a name.
std::vector<const CLI::Option*> options_of(CLI::App& command) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : command.get_options()) options.push_back(option);
  for (CLI::App* group :
       command.get_subcommands([](CLI::App* one) { return one->get_name().empty(); }))
    for (const CLI::Option* option : group->get_options()) options.push_back(option);
  return options;
}

std::string long_options(CLI::App& command) {
  std::string words;
  for (const CLI::Option* option : options_of(command))
    for (const std::string& name : option->get_lnames())
      words.append(words.empty() ? "--" : " --").append(name);
  return words;
}

/// What may follow an option that takes a value: one of a fixed set, else nothing that is known
/// here.
void add_values(std::map<std::string, std::string>& values, CLI::App& command) {
  for (const CLI::Option* option : options_of(command)) {
    if (option->get_items_expected_max() == 0) continue;  // a flag
    const std::string type = option->get_type_name();     // "TEXT:{ed25519,p256}"
    const std::size_t open = type.find('{');
    std::string words =
        open == std::string::npos ? "" : type.substr(open + 1, type.find('}') - open - 1);
    std::ranges::replace(words, ',', ' ');
    for (const std::string& name : option->get_lnames()) values["--" + name] = words;
  }
  for (CLI::App* inner : commands_of(command)) add_values(values, *inner);
}

/// What roff would take for its own.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') {
      out.append("\\-");
    } else if (c == '\\') {
      out.append("\\e");
    } else {
      out.push_back(c);
    }
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

void describe(std::string& page, const CLI::Option& option) {
  page.append(".TP\n.B ").append(escaped(option.get_name())).append("\n");
  std::string text = escaped(option.get_description());
  if (option.get_required()) text.append(text.empty() ? "needed" : "; needed");
  if (!option.get_default_str().empty())
    text.append(text.empty() ? "" : "; ")
        .append("default ")
        .append(escaped(option.get_default_str()));
  page.append(text).append("\n");
}

/// Which words may stand at `place` and behind it: a command's name there, its options behind.
std::string choices(CLI::App& app, int place) {
  const std::string at = std::to_string(place);
  std::string names;
  std::string cases;
  for (CLI::App* command : commands_of(app)) {
    names.append(names.empty() ? "" : " ").append(command->get_name());
    cases.append("    ").append(command->get_name()).append(")\n");
    if (commands_of(*command).empty())
      cases.append("    words='").append(long_options(*command)).append("'\n");
    else
      cases.append(choices(*command, place + 1));
    cases.append("    ;;\n");
  }
  std::string script = "  case ${COMP_WORDS[" + at;
  script.append("]} in\n").append(cases).append("  esac\n");
  script.append("  [ \"$COMP_CWORD\" -gt ").append(at).append(" ] || words='");
  return script.append(names).append("'\n");
}

/// One section a command; a command of commands has one for each of those.
void describe(std::string& page, CLI::App& app, const std::string& before) {
  for (CLI::App* command : commands_of(app)) {
    const std::string name = before + command->get_name();
    if (!commands_of(*command).empty()) {
      describe(page, *command, name + " ");
      continue;
    }
    page.append(".SS ").append(escaped(name)).append("\n");
    page.append(escaped(command->get_description())).append("\n");
    for (const CLI::Option* option : options_of(*command)) describe(page, *option);
  }
}

/// "_varve_keys": a name of the shell.
std::string function_of(const CLI::App& app) {
  std::string name = "_" + app.get_name();
  std::ranges::replace(name, '-', '_');
  return name;
}

/// A sentence as the line that apropos(1) lists.
std::string without_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string exit_status() {
  std::string text(".SH EXIT STATUS\n");
  for (const ExitStatus& status : exit_statuses())
    text.append(".TP\n.B ")
        .append(std::to_string(status.code))
        .append("\n")
        .append(escaped(std::string(status.meaning)) + "\n");
  return text;
}

}  // namespace

std::string bash_completion(CLI::App& app) {
  const std::string function = function_of(app);
  std::string script = function + "() {\n  local words current=${COMP_WORDS[COMP_CWORD]}\n";
  script.append(choices(app, 1));
  std::map<std::string, std::string> values;
  add_values(values, app);
  script.append("  case ${COMP_WORDS[COMP_CWORD - 1]} in\n");
  for (const auto& [option, words] : values)
    script.append("    ").append(option).append(") words='").append(words).append("' ;;\n");
  script.append("  esac\n");
  script.append("  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n");
  return script + "complete -o default -F " + function + " " + app.get_name() + "\n";
}

std::string manual_page(CLI::App& app) {
  const std::string name = escaped(app.get_name());
  const bool serves = app.get_name().ends_with('d') || app.get_name() == "varve-witness";
  const std::string section = serves ? "8" : "1";
  std::string page = ".TH " + name + " " + section + " " + sources_date() + " \"" +
                     escaped(version_line("Varve")) + "\" Varve\n";
  page.append(".SH NAME\n").append(name).append(" \\- ");
  page.append(escaped(without_stop(app.get_description()))).append("\n");
  page.append(".SH SYNOPSIS\n.B ").append(name).append("\n.RI [ options ]\n.I command\n");
  page.append(".RI [ options ]\n.SH OPTIONS\n");
  for (const CLI::Option* option : options_of(app)) describe(page, *option);
  page.append(".SH COMMANDS\n");
  describe(page, app, "");
  return page + exit_status();
}

}  // namespace varve::tools
