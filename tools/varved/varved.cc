// varved: the ledger's server, and what its operator does with a store at rest.
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "tools/common/exit_code.h"
#include "tools/common/own_commands.h"
#include "tools/common/program.h"
#include "tools/varved/commands.h"
#include "tools/varved/drill.h"
#include "tools/varved/init.h"

namespace varve::tools {
namespace {

struct Choices {
  std::string config;
  std::string log;
  std::string name;
  std::string roles;
  std::string logs;
  std::string from;
  std::string scratch;
  std::string metrics_file;
  bool ask_tokens = false;
  bool json = false;
  std::vector<std::string> destroyed;
  client::HttpOptions http;
  InitOptions init;
  std::string algorithm = "ed25519";
};

/// What VARVE_CONFIG says gives way to the option.
void config_option(CLI::App& command, Choices& arguments) {
  command.add_option("--config", arguments.config, "The configuration file")
      ->required(arguments.config.empty());
  // Before the command it would count for nothing.
  CLI::App* whole = &command;
  while (whole->get_parent() != nullptr) whole = whole->get_parent();
  command.excludes(whole->get_option("--config"));
}

void declare_access(CLI::App& app, Choices& arguments) {
  CLI::App* access = app.add_subcommand("access", "Who may do what");
  CLI::App* report = access->add_subcommand(
      "report", "Print who may do what on each log, by which credential, and since when");
  config_option(*report, arguments);
  report->add_flag("--json", arguments.json, "One JSON object");
  access->require_subcommand(1);
}

void declare_init(CLI::App& app, InitOptions& options, std::string& algorithm) {
  CLI::App* init = app.add_subcommand(
      "init", "Make a complete installation in a new directory, and say how to start it");
  init->add_option("DIR", options.directory, "The directory; it is not there yet, or empty")
      ->required();
  init->add_option("--origin", options.origin, "The log's origin: audit.example.org/main")
      ->required();
  init->add_option("--log", options.log, "The log's name in paths")->capture_default_str();
  init->add_option("--listen", options.listen,
                   "IP address and port of the server; port 0: a free one")
      ->capture_default_str();
  init->add_option("--host", options.hosts,
                   "Name or IP address that clients reach it by, for its certificate; repeatable")
      ->allow_extra_args(false);  // else it takes DIR too
  CLI::Option* module = init->add_option(
      "--module", options.hsm.module,
      "PKCS#11 library of an HSM whose token exists; without it, SoftHSM, which is for trying");
  CLI::Option* token =
      init->add_option("--token", options.hsm.token, "That token: pkcs11:token=LABEL");
  CLI::Option* pin = init->add_option("--pin", options.hsm.pin, "Its user PIN: file:/PATH");
  module->needs(token)->needs(pin);
  token->needs(module);
  pin->needs(module);
  init->add_flag("--draft", options.draft,
                 "A log for trying, which keeps its records for minutes and never becomes locked");
  init->add_option("--algorithm", algorithm, "Of the signing key")
      ->check(CLI::IsMember({"ed25519", "p256"}))
      ->capture_default_str();
}

void declare_drill(CLI::App& app, Choices& arguments) {
  CLI::App* drill = app.add_subcommand("drill",
                                       "Try whether a log can be restored from a mirror: compare "
                                       "it with the running server, restore "
                                       "it into a scratch directory, audit that, and delete it");
  config_option(*drill, arguments);
  drill->add_option("--log", arguments.log, "The log's name; not needed where there is one");
  drill->add_option("--from", arguments.from, "The mirror's directory")->required();
  drill
      ->add_option("--scratch", arguments.scratch,
                   "A directory on a disk with room for the whole log; nothing is left in it")
      ->required();
  drill
      ->add_option("--destroyed", arguments.destroyed,
                   "A month, 2020-01 say (a draft: a number), whose key was destroyed on purpose "
                   "and that no record of "
                   "the log disposes of; once for each")
      ->allow_extra_args(false);
  drill->add_option("--metrics", arguments.metrics_file,
                    "File for Prometheus (textfile collector of its node exporter): how this run "
                    "ended, and when the last one was sound");
}

void declare(CLI::App& app, Choices& arguments) {
  app.set_help_all_flag("--help-all", "Help of all commands");
  app.add_option("--config", arguments.config,
                 "The configuration file; without a command: serve. Else the one that VARVE_CONFIG "
                 "names");
  CLI::App* audit_command =
      app.add_subcommand("audit", "Check every frame, record and checkpoint of a store at rest");
  config_option(*audit_command, arguments);
  audit_command->add_option("--log", arguments.log, "Only this log");
  CLI::App* repair_command = app.add_subcommand(
      "repair", "Replace damaged sealed segments of a store at rest by those of a copy of it");
  config_option(*repair_command, arguments);
  repair_command->add_option("--log", arguments.log, "The log's name")->required();
  repair_command
      ->add_option("--from", arguments.from,
                   "A copy of the log's directory, or its URL on a web server")
      ->required();
  repair_command->add_option("--ca", arguments.http.ca_file,
                             "PEM file of the URL's certificate authority");
  repair_command->add_option("--bearer-file", arguments.http.token_file,
                             "File with the URL's access token");
  CLI::App* restore_command = app.add_subcommand(
      "restore", "Build the store of a log anew from a mirror of it (varve-audit mirror)");
  config_option(*restore_command, arguments);
  restore_command->add_option("--log", arguments.log, "The log's name")->required();
  restore_command->add_option("--from", arguments.from, "The mirror's directory")->required();
  restore_command
      ->add_option("--destroyed", arguments.destroyed,
                   "A month, 2020-01 say (a draft: a number), whose key was destroyed on purpose "
                   "and that no record of "
                   "the log disposes of; once for each")
      ->allow_extra_args(false);
  CLI::App* check = app.add_subcommand(
      "check-config", "Say everything in the configuration that a start would refuse");
  config_option(*check, arguments);
  check->add_flag("--token", arguments.ask_tokens,
                  "Ask the tokens too: log in, find the logs' keys, have a new log's key sign");
  CLI::App* token = app.add_subcommand("token", "Make a token and the line that grants it");
  token->add_option("NAME", arguments.name, "Who will hold it")->required();
  token
      ->add_option("ROLES", arguments.roles,
                   "append, read, proofs, operate, hold, approve, breakglass; with commas")
      ->required();
  token
      ->add_option("LOGS", arguments.logs,
                   "Names of logs, with commas, or *; LOG:SOURCE for one source")
      ->required();
  declare_drill(app, arguments);
  declare_access(app, arguments);
  declare_init(app, arguments.init, arguments.algorithm);
  app.require_subcommand(0, 1);
}

int make_installation(const Choices& arguments) {
  InitOptions options = arguments.init;
  if (arguments.algorithm == "p256") options.algorithm = format::Algorithm::kEcdsaP256;
  return init(std::move(options));
}

int dispatch(const CLI::App& app, const Choices& arguments) {
  if (app.got_subcommand("init")) return make_installation(arguments);
  if (app.got_subcommand("audit")) return audit(arguments.config, arguments.log);
  if (app.got_subcommand("repair"))
    return repair(arguments.config, arguments.log, {arguments.from, arguments.http});
  if (app.got_subcommand("restore"))
    return restore(arguments.config, arguments.log, {arguments.from, arguments.destroyed});
  if (app.got_subcommand("drill"))
    return drill({arguments.config, arguments.log, arguments.from, arguments.scratch,
                  arguments.destroyed, arguments.metrics_file});
  if (app.got_subcommand("check-config"))
    return check_config(arguments.config, arguments.ask_tokens ? Asking::kTokens : Asking::kNobody);
  if (app.got_subcommand("access")) return access_report(arguments.config, arguments.json);
  if (app.got_subcommand("token"))
    return make_token(arguments.name, arguments.roles, arguments.logs);
  if (!arguments.config.empty()) return serve(arguments.config);
  report(kVarved, invalid("say --config FILE, or set VARVE_CONFIG, to serve; or --help"));
  return kExitUsage;
}

int run(int argc, char** argv) {
  CLI::App app{"The Varve audit ledger's server", kVarved};
  Choices arguments;
  if (const char* const variable = std::getenv("VARVE_CONFIG")) arguments.config = variable;
  declare(app, arguments);
  add_own_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return dispatch(app, arguments);
}

}  // namespace
}  // namespace varve::tools

int main(int argc, char** argv) {
  return varve::tools::run_program(varve::tools::kVarved, varve::tools::run, argc, argv);
}
