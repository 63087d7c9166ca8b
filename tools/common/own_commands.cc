// The answers of a program about itself.
#include "tools/common/own_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/common/self_description.h"
#include "tools/common/version.h"

namespace varve::tools {
namespace {

[[noreturn]] void print_and_end(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  throw CLI::Success();
}

void add_description(CLI::App& app, const char* name, const char* help,
                     std::string (*describe)(CLI::App&)) {
  app.add_subcommand(name, help)->callback([&app, describe] { print_and_end(describe(app)); });
}

}  // namespace

void add_own_commands(CLI::App& app) {
  app.set_version_flag("--version", version_line(app.get_name()));
  CLI::App* const version = app.add_subcommand("version", "print the version");
  const auto json = std::make_shared<bool>(false);
  version->add_flag("--json", *json, "and how it was built, as one JSON object");
  version->callback([&app, json] {
    const std::string& program = app.get_name();
    print_and_end((*json ? version_json(program) : version_line(program)) + "\n");
  });
  add_description(app, "completion", "print a completion for bash", &bash_completion);
  add_description(app, "man", "print this program's manual page", &manual_page);
}

}  // namespace varve::tools
