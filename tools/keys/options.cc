// The options' names, words and rules.
#include "tools/keys/options.h"

namespace varve::keys {

void token_options(CLI::App& command, TokenArguments& to) {
  command.add_option("--module", to.module, "path of the PKCS#11 library")->required();
  command.add_option("--token", to.token, "the token: pkcs11:token=LABEL")->required();
  command.add_option("--pin", to.pin, kPinHelp)->required();
  command.add_option("--timeout-ms", to.timeout_ms, "longest wait for one answer of the token")
      ->check(CLI::Range(1, 600'000))
      ->capture_default_str();
}

void new_token_options(CLI::App& command, TokenArguments& to) {
  CLI::Option* const module = command.add_option("--new-module", to.module,
                                                 "make the new key on another token: its library");
  CLI::Option* const token =
      command.add_option("--new-token", to.token, "that token: pkcs11:token=LABEL");
  CLI::Option* const pin =
      command.add_option("--new-pin", to.pin, "its user PIN, spelled as --pin");
  module->needs(token)->needs(pin);
  token->needs(module);
  pin->needs(module);
}

void origin_option(CLI::App& command, std::string& origin) {
  command.add_option("--origin", origin, "the log's origin: audit.example.org/cardiology")
      ->required();
}

void algorithm_option(CLI::App& command, std::string& algorithm) {
  command.add_option("--algorithm", algorithm)
      ->check(CLI::IsMember({"ed25519", "p256"}))
      ->capture_default_str();
}

void json_option(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "one JSON object");
}

void dry_run_option(CLI::App& command, bool& dry_run) {
  command.add_flag("--dry-run", dry_run, "say what would be done, and do nothing");
}

void confirmation_options(CLI::App& command, Confirmation& to) {
  command.add_option(
      "--yes", to.yes,
      "the name of what goes, as --dry-run prints it, instead of typing it when asked");
  dry_run_option(command, to.dry_run);
}

void publish_options(CLI::App& command, PublishArguments& to) {
  command.add_option("--out", to.out, "write the signed key event to this file");
  CLI::Option* const server =
      command.add_option("--server", to.server, "post it to this server: https://host:port");
  CLI::Option* const log = command.add_option("--log", to.log, "the log's name on that server");
  CLI::Option* const bearer = command.add_option("--bearer-file", to.bearer_file,
                                                 "file with a bearer token of role operate");
  command.add_option("--ca", to.ca, "certificate authority of the server, PEM")->needs(server);
  server->needs(log)->needs(bearer);
  bearer->needs(server);
}

CLI::Option* server_option(CLI::App& command, PublishArguments& from) {
  CLI::Option* const server =
      command.add_option("--server", from.server, "the log's server: https://host:port");
  CLI::Option* const log = command.add_option("--log", from.log, "the log's name on that server");
  command.add_option("--ca", from.ca, "certificate authority of the server, PEM")->needs(server);
  server->needs(log);
  return server;
}

void reading_options(CLI::App& command, PublishArguments& from) {
  server_option(command, from)->required();
  command.add_option("--bearer-file", from.bearer_file, "file with a bearer token")->required();
}

}  // namespace varve::keys
