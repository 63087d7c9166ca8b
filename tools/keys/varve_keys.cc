// varve-keys: makes, shows, tests, rotates and retires the keys of a log on a PKCS#11 token.
// Exit codes: docs/ERRORS.md. PINs: never an argument, always file:PATH, fd:N or env:NAME.
#include <CLI/CLI.hpp>

#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"
#include "tools/keys/rotation_commands.h"

namespace {

using namespace varve;
using namespace varve::keys;

constexpr const char* kPinHelp = "the user PIN: file:PATH, fd:N or env:NAME";

void token_options(CLI::App& command, TokenArguments& to) {
  command.add_option("--module", to.module, "path of the PKCS#11 library")->required();
  command.add_option("--token", to.token, "the token: pkcs11:token=LABEL")->required();
  command.add_option("--pin", to.pin, kPinHelp)->required();
  command.add_option("--timeout-ms", to.timeout_ms, "longest wait for one answer of the token")
      ->check(CLI::Range(1, 600'000))
      ->capture_default_str();
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

void publish_options(CLI::App& command, PublishArguments& to) {
  command.add_option("--out", to.out, "write the signed key event to this file");
  CLI::Option* const server =
      command.add_option("--server", to.server, "post it to this server: https://host:port");
  CLI::Option* const log = command.add_option("--log", to.log, "the log's name on that server");
  CLI::Option* const bearer = command.add_option("--bearer-file", to.bearer_file,
                                                 "file with a bearer token of role operate");
  command.add_option("--ca", to.ca, "certificate authority of the server, PEM")->needs(server);
  server->needs(log)->needs(bearer);
  log->needs(server);
  bearer->needs(server);
}

/// One run: the command that was chosen says how it went.
class Program {
 public:
  Program() {
    app_.require_subcommand(1);
    add_init_token();
    add_create();
    add_list();
    add_key_command("show", "print a key's vkey and what the token claims about it", show_, &show)
        .add_flag("--json", show_.json, "one JSON object");
    add_key_command("test", "sign with a key and verify the signature", test_, &test);
    add_rotate();
    add_retire();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return app_.exit(e) == 0 ? tools::kExitOk : tools::kExitUsage;
    }
    return outcome_ ? tools::kExitOk : tools::report("varve-keys", outcome_.error());
  }

 private:
  template <class Arguments>
  void calls(CLI::App& command, Arguments& arguments, Result<void> (*work)(const Arguments&)) {
    command.callback([this, &arguments, work] { outcome_ = work(arguments); });
  }

  void add_init_token() {
    CLI::App& c = *app_.add_subcommand("init-token", "initialise a token and set its PINs");
    c.add_option("--module", init_.module, "path of the PKCS#11 library")->required();
    c.add_option("--label", init_.label, "the token's label, 1 to 32 bytes")->required();
    c.add_option("--so-pin", init_.so_pin, "the security officer's PIN, as --pin")->required();
    c.add_option("--pin", init_.pin, kPinHelp)->required();
    calls(c, init_, &init_token);
  }

  void add_create() {
    CLI::App& c = *app_.add_subcommand("create", "make a key that cannot leave the token");
    token_options(c, create_.token);
    algorithm_option(c, create_.algorithm);
    c.add_option("--label", create_.label, "the key's label, used once")->required();
    origin_option(c, create_.origin);
    calls(c, create_, &create);
  }

  void add_list() {
    CLI::App& c = *app_.add_subcommand("list", "list the keys and what the token claims");
    token_options(c, list_.token);
    c.add_flag("--json", list_.json, "one JSON object");
    calls(c, list_, &list);
  }

  CLI::App& add_key_command(const char* name, const char* help, KeyArguments& arguments,
                            Result<void> (*work)(const KeyArguments&)) {
    CLI::App& c = *app_.add_subcommand(name, help);
    token_options(c, arguments.token);
    c.add_option("--key", arguments.key, "the key: pkcs11:object=LABEL")->required();
    origin_option(c, arguments.origin);
    calls(c, arguments, work);
    return c;
  }

  void add_rotate() {
    CLI::App& c = *app_.add_subcommand("rotate", "let a new key join a log; can be run again");
    token_options(c, rotate_.token);
    c.add_option("--key", rotate_.key, "a key that signs now: pkcs11:object=LABEL")->required();
    c.add_option("--label", rotate_.label, "the new key's label")->required();
    algorithm_option(c, rotate_.algorithm);
    origin_option(c, rotate_.origin);
    publish_options(c, rotate_.to);
    calls(c, rotate_, &rotate);
  }

  void add_retire() {
    CLI::App& c = *app_.add_subcommand("retire", "let a key leave a log; can be run again");
    token_options(c, retire_.token);
    c.add_option("--key", retire_.key, "the key that leaves: pkcs11:object=LABEL, or its vkey")
        ->required();
    c.add_option("--signer", retire_.signer, "a key that stays: pkcs11:object=LABEL")->required();
    origin_option(c, retire_.origin);
    publish_options(c, retire_.to);
    calls(c, retire_, &retire);
  }

  CLI::App app_{"Keys of a Varve log on a PKCS#11 token.", "varve-keys"};
  Result<void> outcome_;
  InitTokenArguments init_;
  CreateArguments create_;
  ListArguments list_;
  KeyArguments show_;
  KeyArguments test_;
  RotateArguments rotate_;
  RetireArguments retire_;
};

}  // namespace

int main(int argc, char** argv) {
  varve::env::harden_process();
  if (const auto ready = varve::env::initialize(); !ready)
    return varve::tools::report("varve-keys", ready.error());
  return Program().run(argc, argv);
}
