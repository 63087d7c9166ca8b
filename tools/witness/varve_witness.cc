// varve-witness: cosigns the checkpoints of logs, each in one history.
#include <CLI/CLI.hpp>

#include "tools/common/exit_code.h"
#include "tools/common/own_commands.h"
#include "tools/common/program.h"
#include "tools/witness/commands.h"

namespace varve::tools {
namespace {

struct WitnessCommand {
  const char* name;
  const char* help;
  int (*run)(const std::string& config_path);
};

constexpr WitnessCommand kWitnessCommands[] = {
    {"make-key", "Make the witness's key on its token, and print its vkey", make_witness_key},
    {"vkey", "Print the vkey of the witness's key, which logs and auditors need",
     print_witness_vkey},
    {"check-config", "Look at what a start would: configuration, list of logs, token, key",
     check_witness_config},
};

int run(int argc, char** argv) {
  CLI::App app{"A witness of logs: cosigns checkpoints, each log in one history", kVarveWitness};
  app.set_help_all_flag("--help-all", "Help of all commands");
  std::string config;
  app.add_option("--config", config, "The configuration file; without a command: cosign");
  for (const WitnessCommand& command : kWitnessCommands)
    app.add_subcommand(command.name, command.help)
        ->add_option("--config", config, "The configuration file");
  app.require_subcommand(0, 1);
  add_own_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (config.empty()) {
    report(kVarveWitness, invalid("say --config FILE; or --help"));
    return kExitUsage;
  }
  for (const WitnessCommand& command : kWitnessCommands)
    if (app.got_subcommand(command.name)) return command.run(config);
  return serve_witness(config);
}

}  // namespace
}  // namespace varve::tools

int main(int argc, char** argv) {
  return varve::tools::run_program(varve::tools::kVarveWitness, varve::tools::run, argc, argv);
}
