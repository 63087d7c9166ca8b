// varve-keys: makes, shows, tests, rotates, retires and revokes the keys of a log on a PKCS#11 token.
// Exit codes: docs/ERRORS.md. PINs: never an argument, always file:PATH, fd:N or env:NAME.
#include <CLI/CLI.hpp>

#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"
#include "tools/keys/attesting.h"
#include "tools/keys/ceremony_commands.h"
#include "tools/keys/history_commands.h"
#include "tools/keys/rotation_commands.h"
#include "tools/keys/self_description.h"

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

/// A server and a log on it, to read from.
CLI::Option* server_option(CLI::App& command, PublishArguments& from) {
  CLI::Option* const server =
      command.add_option("--server", from.server, "the log's server: https://host:port");
  CLI::Option* const log = command.add_option("--log", from.log, "the log's name on that server");
  command.add_option("--ca", from.ca, "certificate authority of the server, PEM")->needs(server);
  log->needs(server);
  server->needs(log);
  return server;
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
    add_attest();
    add_rotate();
    add_retire();
    add_revoke();
    add_ceremony();
    add_approve();
    add_send();
    add_backup_public();
    add_verify_history();
    add_description("completion", "print a completion for bash", &bash_completion);
    add_description("man", "print this program's manual page", &manual_page);
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
    if (work != nullptr) calls(c, arguments, work);
    return c;
  }

  void add_attest() {
    CLI::App& c = add_key_command("attest", "hold what the token claims against a probe; fails closed",
                                  attest_.key, nullptr);
    c.add_flag("--json", attest_.key.json, "one JSON object");
    c.add_option("--token-count", attest_.token_count,
                 "signatures by the token's own counter or log, since the server was started");
    CLI::Option* const server = server_option(c, attest_.server);
    c.add_option("--bearer-file", attest_.server.bearer_file, "file with a bearer token")
        ->needs(server);
    calls(c, attest_, &attest);
  }

  void add_ceremony() {
    CLI::App& c = *app_.add_subcommand("ceremony", "name the people who approve of key events");
    token_options(c, ceremony_.token);
    c.add_option("--key", ceremony_.key, "a key that signs now: pkcs11:object=LABEL")->required();
    origin_option(c, ceremony_.origin);
    c.add_option("--approvals", ceremony_.approvals, "how many of them each event needs")
        ->required();
    c.add_option("--approver", ceremony_.approvers, "a person's vkey; once for each")->required();
    c.add_option("--out", ceremony_.out, "write the event to this file: it needs approvals")
        ->required();
    calls(c, ceremony_, &ceremony);
  }

  void add_approve() {
    CLI::App& c = *app_.add_subcommand("approve", "add your own signature to a key event");
    token_options(c, approve_.token);
    c.add_option("--key", approve_.key, "your key: pkcs11:object=LABEL")->required();
    c.add_option("--name", approve_.name, "your name, as the log knows it")->required();
    c.add_option("FILE", approve_.event, "the event")->required();
    calls(c, approve_, &approve);
  }

  void add_send() {
    CLI::App& c = *app_.add_subcommand("send", "post a key event that has all its signatures");
    c.add_option("FILE", send_.event, "the event")->required();
    CLI::Option* const server = server_option(c, send_.to)->required();
    c.add_option("--bearer-file", send_.to.bearer_file, "file with a bearer token of role operate")
        ->needs(server)
        ->required();
    calls(c, send_, &send_event);
  }

  void add_backup_public() {
    CLI::App& c =
        *app_.add_subcommand("backup-public", "write the trust bundle that auditors need");
    server_option(c, backup_.server)->required();
    c.add_option("--vkey", backup_.vkey, "the log's first public key")->required();
    c.add_option("--out", backup_.server.out, "the file to write")->required();
    calls(c, backup_, &backup_public);
  }

  void add_verify_history() {
    CLI::App& c = *app_.add_subcommand("verify-history", "verify a trust bundle, offline");
    c.add_option("FILE", history_.bundle, "a file that backup-public wrote")->required();
    c.add_option("--vkey", history_.vkey, "the first key, when it is known from elsewhere");
    c.add_flag("--json", history_.json, "one JSON object");
    calls(c, history_, &verify_history);
  }

  void add_rotate() {
    CLI::App& c = *app_.add_subcommand("rotate", "let a new key join a log; can be run again");
    token_options(c, rotate_.token);
    c.add_option("--key", rotate_.key, "a key that signs now: pkcs11:object=LABEL")->required();
    c.add_option("--label", rotate_.label, "the new key's label")->required();
    CLI::Option* const module = c.add_option("--new-module", rotate_.new_token.module,
                                             "make the new key on another token: its library");
    CLI::Option* const token =
        c.add_option("--new-token", rotate_.new_token.token, "that token: pkcs11:token=LABEL");
    CLI::Option* const pin =
        c.add_option("--new-pin", rotate_.new_token.pin, "its user PIN, spelled as --pin");
    module->needs(token)->needs(pin);
    token->needs(module);
    pin->needs(module);
    c.add_option("--attestation", rotate_.attestations,
                 "file with what the vendor signed about the new key; kept in the event as it is");
    algorithm_option(c, rotate_.algorithm);
    origin_option(c, rotate_.origin);
    publish_options(c, rotate_.to);
    calls(c, rotate_, &rotate);
  }

  void add_description(const char* name, const char* help, std::string (*describe)(CLI::App&)) {
    app_.add_subcommand(name, help)->callback(
        [this, describe] { std::fputs(describe(app_).c_str(), stdout); });
  }

  CLI::App& add_leaving(const char* name, const char* help, RetireArguments& arguments) {
    CLI::App& c = *app_.add_subcommand(name, help);
    token_options(c, arguments.token);
    c.add_option("--key", arguments.key, "the key that leaves: pkcs11:object=LABEL, or its vkey")
        ->required();
    c.add_option("--signer", arguments.signer, "a key that stays: pkcs11:object=LABEL")->required();
    origin_option(c, arguments.origin);
    publish_options(c, arguments.to);
    return c;
  }

  void add_retire() {
    calls(add_leaving("retire", "let a key leave a log; can be run again", retire_), retire_,
          &retire);
  }

  void add_revoke() {
    CLI::App& c = add_leaving("revoke", "a key is compromised: say where its signatures end",
                              revoke_.leaving);
    c.add_option("--last-size", revoke_.last_size,
                 "on checkpoints of more records its signatures count no more")
        ->required();
    calls(c, revoke_, &revoke);
  }

  CLI::App app_{"Keys of a Varve log on a PKCS#11 token.", "varve-keys"};
  Result<void> outcome_;
  InitTokenArguments init_;
  CreateArguments create_;
  ListArguments list_;
  KeyArguments show_;
  KeyArguments test_;
  AttestArguments attest_;
  CeremonyArguments ceremony_;
  ApproveArguments approve_;
  SendArguments send_;
  BackupArguments backup_;
  HistoryArguments history_;
  RotateArguments rotate_;
  RetireArguments retire_;
  RevokeArguments revoke_;
};

}  // namespace

int main(int argc, char** argv) {
  varve::env::harden_process();
  if (const auto ready = varve::env::initialize(); !ready)
    return varve::tools::report("varve-keys", ready.error());
  return Program().run(argc, argv);
}
