// varve-collect: the command line. Reads audit events, seals them, sends them, keeps receipts.
#include <CLI/CLI.hpp>
#include <functional>

#include "tools/collect/commands.h"
#include "tools/collect/stop_signal.h"
#include "tools/common/exit_code.h"
#include "tools/common/own_commands.h"
#include "tools/common/program.h"

namespace varve::collect {
namespace {

/// What the command line said; one member per option of any subcommand.
struct Arguments {
  WorkOptions work;
  Config config;
  std::string operator_token_file;
  bool fetch = false;
  std::string policy_file;
  std::vector<std::string> paths;
};

using Command = std::function<Result<int>(const Arguments&)>;

CLI::App* add(CLI::App& app, Arguments& arguments, const char* name, const char* help,
              Command command, Command& chosen) {
  CLI::App* sub = app.add_subcommand(name, help);
  sub->add_option("--dir", arguments.work.directory, "the collector's directory (mode 0700)")
      ->required();
  sub->callback([&chosen, command = std::move(command)] { chosen = command; });
  return sub;
}

/// Of a command that has something to bring to its end when it is stopped. The others are ended at
/// once, and can be repeated.
Command until_stopped(Command command) {
  return [command = std::move(command)](const Arguments& arguments) {
    catch_stop_signals();
    return command(arguments);
  };
}

void add_send_options(CLI::App* sub, Arguments& arguments) {
  sub->add_flag("--keep", arguments.work.spool.keep, "leave what was sent in DIR/sent");
}

void add_patience(CLI::App* sub, Arguments& arguments) {
  sub->add_option("--patience", arguments.work.patience_s,
                  "give up after so many seconds without progress; 0: never")
      ->capture_default_str();
}

void add_read_options(CLI::App* sub, Arguments& arguments) {
  sub->add_flag("--spool-only", arguments.work.spool_only, "do not send; 'send' does it later");
  sub->add_option("--spool-max", arguments.work.spool.bytes_max,
                  "bytes of batches that may wait; reading stops beyond it")
      ->capture_default_str();
  sub->add_option("--batch-events", arguments.work.batch.events_max, "events in a batch at most")
      ->check(CLI::Range(1u, format::kBatchRecordsMax))
      ->capture_default_str();
  sub->add_option("--batch-bytes", arguments.work.batch.bytes_max,
                  "a batch is closed once it is so large")
      ->check(CLI::Range(std::size_t{1}, format::kBatchBytesMax))
      ->capture_default_str();
}

void add_age(CLI::App* sub, Arguments& arguments) {
  sub->add_option("--batch-age-ms", arguments.work.batch.age_max_ms,
                  "an event waits at most so long for its batch (follow, standard input)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{60'000}))
      ->capture_default_str();
}

void add_init(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* sub = add(
      app, arguments, "init", "make the directory and this source's own key",
      [](const Arguments& a) { return init(a.work.directory, a.config); }, chosen);
  sub->add_option("--source", arguments.config.source, "name of this source")->required();
  sub->add_option("--origin", arguments.config.origin, "origin of the log")->required();
  sub->add_option("--url", arguments.config.url, "https://host/logs/name")->required();
  sub->add_option("--vkey", arguments.config.vkey, "the log's first key")->required();
  sub->add_option("--bearer-file", arguments.config.bearer_file, "file with the token for append");
  sub->add_option("--ca", arguments.config.ca_file, "certificate authorities (PEM)");
}

void add_setup(CLI::App& app, Arguments& arguments, Command& chosen) {
  add_init(app, arguments, chosen);
  CLI::App* sub = add(
      app, arguments, "register", "post the registration, with an operator's token",
      [](const Arguments& a) { return register_source(a.work.directory, a.operator_token_file); },
      chosen);
  sub->add_option("--bearer-file", arguments.operator_token_file, "file with the operator's token")
      ->required();
}

void add_work(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* sub =
      add(app, arguments, "append", "take files, directories or standard input (-)",
          until_stopped([](const Arguments& a) { return append_files(a.work, a.paths); }), chosen);
  sub->add_option("PATH", arguments.paths, "files, directories, or -")->required();
  add_read_options(sub, arguments);
  add_age(sub, arguments);
  add_send_options(sub, arguments);
  add_patience(sub, arguments);
  sub = add(app, arguments, "follow", "take what is added to files, until stopped",
            until_stopped([](const Arguments& a) { return follow(a.work, a.paths); }), chosen);
  sub->add_option("FILE", arguments.paths, "files of lines that grow")->required();
  add_read_options(sub, arguments);
  sub->add_option("--hold", arguments.work.hold_s,
                  "seconds that a rotated file stays open after it last grew, for a late writer")
      ->check(CLI::Range(std::uint64_t{10}, std::uint64_t{31'536'000}))
      ->capture_default_str();
  sub->add_option("--heartbeat", arguments.work.heartbeat_s,
                  "seal a heartbeat after so many seconds without an event; 0: never")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{31'536'000}))
      ->capture_default_str();
  sub->add_option("--metrics", arguments.work.metrics_file,
                  "file for Prometheus (textfile collector of its node exporter), written every "
                  "15 seconds");
  add_age(sub, arguments);
  add_send_options(sub, arguments);
  sub = add(app, arguments, "send", "send what is spooled",
            until_stopped([](const Arguments& a) { return send(a.work); }), chosen);
  add_send_options(sub, arguments);
  add_patience(sub, arguments);
  sub = add(
      app, arguments, "rotate-key", "replace this source's key",
      [](const Arguments& a) { return rotate_key(a.work); }, chosen);
  add_patience(sub, arguments);
}

void add_reports(CLI::App& app, Arguments& arguments, Command& chosen) {
  add(
      app, arguments, "status", "what waits and what was promised",
      [](const Arguments& a) { return status(a.work.directory); }, chosen);
  CLI::App* receipts = app.add_subcommand("receipts", "the log's signed promises");
  receipts->require_subcommand(1);
  CLI::App* verify = add(
      *receipts, arguments, "verify",
      "check that every stored receipt holds and all are of one log",
      [](const Arguments& a) { return verify_stored_receipts(a.work.directory, a.fetch); }, chosen);
  verify->add_flag("--fetch", arguments.fetch,
                   "ask the log for proofs that are missing, and store them");
  CLI::App* upgrade = add(
      *receipts, arguments, "upgrade",
      "lift stored receipts under the newest checkpoint that witnesses have cosigned",
      [](const Arguments& a) { return upgrade_stored_receipts(a.work.directory, a.policy_file); },
      chosen);
  upgrade
      ->add_option("--policy", arguments.policy_file,
                   "C2SP tlog-policy: which witnesses there are, and how many are enough")
      ->required()
      ->check(CLI::ExistingFile);
}

int run(int argc, char** argv) {
  Arguments arguments;
  Command chosen;
  CLI::App app(
      "Takes audit events, seals them with its own key, sends them to a Varve log, and "
      "keeps the log's receipts.",
      "varve-collect");
  app.require_subcommand(1);
  add_setup(app, arguments, chosen);
  add_work(app, arguments, chosen);
  add_reports(app, arguments, chosen);
  tools::add_own_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? tools::kExitOk : tools::kExitUsage;
  }
  const Result<int> result = chosen(arguments);
  return result ? *result : tools::report("varve-collect", result.error());
}

}  // namespace
}  // namespace varve::collect

int main(int argc, char** argv) {
  return varve::tools::run_program("varve-collect", varve::collect::run, argc, argv);
}
