// varve-keys: makes, shows, tests, rotates, retires and revokes the keys of a log on a PKCS#11 token,
// and exchanges those that wrap its data keys.
// Exit codes: docs/ERRORS.md. PINs: never an argument, always file:PATH, fd:N or env:NAME.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/common/exit_code.h"
#include "tools/common/own_commands.h"
#include "tools/common/program.h"
#include "tools/keys/attesting.h"
#include "tools/keys/ceremony_commands.h"
#include "tools/keys/clock_commands.h"
#include "tools/keys/config_defaults.h"
#include "tools/keys/dispose_commands.h"
#include "tools/keys/history_commands.h"
#include "tools/keys/hold_commands.h"
#include "tools/keys/kek_options.h"
#include "tools/keys/object_commands.h"
#include "tools/keys/policy_commands.h"
#include "tools/keys/revoking.h"
#include "tools/keys/rotation_commands.h"
#include "tools/keys/token_commands.h"

namespace {

using namespace varve;
using namespace varve::keys;

/// One run: the command that was chosen says how it went.
class Program {
 public:
  Program() {
    app_.require_subcommand(1);
    add_tokens();
    add_init_token();
    add_create();
    add_list();
    add_key_command("show", "print a key's vkey and what the token claims about it", show_, &show);
    add_key_command("test", "sign with a key and verify the signature", test_, &test);
    add_import_public();
    add_attest();
    add_rotate();
    add_witness_key();
    add_retire();
    add_revoke();
    add_destroy();
    add_ceremony();
    add_renew();
    add_approve();
    add_send();
    kek_.add_to(app_, outcome_);
    clock_.add_to(app_, outcome_);
    policy_.add_to(app_, outcome_);
    hold_.add_to(app_, outcome_);
    dispose_.add_to(app_, outcome_);
    add_backup_public();
    add_verify_history();
    add_config_options(app_);
    tools::add_own_commands(app_);
  }

  int run(int argc, char** argv) {
    auto arguments = with_defaults(app_, {argv + 1, argv + argc});
    if (!arguments) return tools::report("varve-keys", arguments.error());
    std::ranges::reverse(*arguments);  // as CLI11 wants them
    try {
      app_.parse(std::move(*arguments));
    } catch (const CLI::ParseError& e) {
      return app_.exit(e) == 0 ? tools::kExitOk : tools::kExitUsage;
    }
    return outcome_ ? tools::kExitOk : tools::report("varve-keys", outcome_.error());
  }

 private:
  void add_tokens() {
    CLI::App& c = *app_.add_subcommand("tokens", "list slots and tokens; needs no PIN");
    c.add_option("--module", tokens_.module, "path of the PKCS#11 library")->required();
    json_option(c, tokens_.json);
    calls(c, tokens_, &tokens, outcome_);
  }

  void add_init_token() {
    CLI::App& c = *app_.add_subcommand("init-token", "initialise a token and set its PINs");
    c.add_option("--module", init_.module, "path of the PKCS#11 library")->required();
    c.add_option("--label", init_.label, "the token's label, 1 to 32 bytes")->required();
    c.add_option("--so-pin", init_.so_pin, "the security officer's PIN, as --pin")->required();
    c.add_option("--pin", init_.pin, kPinHelp)->required();
    json_option(c, init_.json);
    calls(c, init_, &init_token, outcome_);
  }

  void add_create() {
    CLI::App& c = *app_.add_subcommand("create", "make a key that cannot leave the token");
    token_options(c, create_.token);
    algorithm_option(c, create_.algorithm);
    c.add_option("--label", create_.label, "the key's label, used once")->required();
    origin_option(c, create_.origin);
    json_option(c, create_.json);
    calls(c, create_, &create, outcome_);
  }

  void add_list() {
    CLI::App& c = *app_.add_subcommand("list", "list the keys and what the token claims");
    token_options(c, list_.token);
    json_option(c, list_.json);
    calls(c, list_, &list, outcome_);
  }

  CLI::App& add_key_command(const char* name, const char* help, KeyArguments& arguments,
                            Result<void> (*work)(const KeyArguments&)) {
    CLI::App& c = *app_.add_subcommand(name, help);
    token_options(c, arguments.token);
    c.add_option("--key", arguments.key, "the key: pkcs11:object=LABEL")->required();
    origin_option(c, arguments.origin);
    json_option(c, arguments.json);
    if (work != nullptr) calls(c, arguments, work, outcome_);
    return c;
  }

  void add_attest() {
    CLI::App& c = add_key_command(
        "attest", "hold what the token claims against a probe; fails closed", attest_.key, nullptr);
    c.add_option("--token-count", attest_.token_count,
                 "signatures of this key by the token's own counter or log");
    CLI::Option* const server = server_option(c, attest_.server);
    c.add_option("--bearer-file", attest_.server.bearer_file, "file with a bearer token")
        ->needs(server);
    calls(c, attest_, &attest, outcome_);
  }

  void add_import_public() {
    CLI::App& c = *app_.add_subcommand(
        "import-public", "put a public key back beside its private half, which is on the token");
    token_options(c, import_.token);
    c.add_option("--vkey", import_.vkey, "the key's vkey")->required();
    c.add_option("--label", import_.label, "the private key's label")->required();
    json_option(c, import_.json);
    calls(c, import_, &import_public, outcome_);
  }

  void add_destroy() {
    CLI::App& c = *app_.add_subcommand("destroy", "destroy a signing key that signs no more");
    token_options(c, destroy_.token);
    c.add_option("--label", destroy_.label, "the key's label")->required();
    origin_option(c, destroy_.origin);
    CLI::Option* const server = server_option(c, destroy_.server);
    c.add_option("--bearer-file", destroy_.server.bearer_file, "file with a bearer token")
        ->needs(server);
    confirmation_options(c, destroy_.confirmation);
    json_option(c, destroy_.json);
    calls(c, destroy_, &destroy, outcome_);
  }

  void add_ceremony() {
    CLI::App& c = *app_.add_subcommand("ceremony", "name the people who approve of key events");
    token_options(c, ceremony_.token);
    c.add_option("--key", ceremony_.key, "a key that signs now: pkcs11:object=LABEL")->required();
    origin_option(c, ceremony_.origin);
    c.add_option("--approvals", ceremony_.approvals, "how many of them each event needs")
        ->required();
    c.add_option("--approver", ceremony_.approvers, "a person's vkey; once for each")
        ->required()
        ->allow_extra_args(false);
    c.add_option("--out", ceremony_.out, "write the event to this file: it needs approvals")
        ->required();
    json_option(c, ceremony_.json);
    calls(c, ceremony_, &ceremony, outcome_);
  }

  void add_approve() {
    CLI::App& c = *app_.add_subcommand("approve", "add your own signature to a key event");
    token_options(c, approve_.token);
    c.add_option("--key", approve_.key, "your key: pkcs11:object=LABEL")->required();
    c.add_option("--name", approve_.name, "your name, as the log knows it")->required();
    c.add_option("FILE", approve_.event, "the event")->required();
    dry_run_option(c, approve_.dry_run);
    json_option(c, approve_.json);
    calls(c, approve_, &approve, outcome_);
  }

  void add_send() {
    CLI::App& c = *app_.add_subcommand("send", "post a key event that has all its signatures");
    c.add_option("FILE", send_.event, "the event")->required();
    CLI::Option* const server = server_option(c, send_.to)->required();
    c.add_option("--bearer-file", send_.to.bearer_file, "file with a bearer token of role operate")
        ->needs(server)
        ->required();
    json_option(c, send_.json);
    calls(c, send_, &send_event, outcome_);
  }

  void add_renew() {
    CLI::App& c = *app_.add_subcommand(
        "renew", "sign and send a renewal: the log, bound under another hash function");
    token_options(c, renew_.token);
    c.add_option("FILE", renew_.statement, "a statement that varve-audit renew wrote")->required();
    c.add_option("--key", renew_.key, "a key that signs now: pkcs11:object=LABEL")->required();
    origin_option(c, renew_.origin);
    publish_options(c, renew_.to);
    json_option(c, renew_.json);
    calls(c, renew_, &renew, outcome_);
  }

  void add_backup_public() {
    CLI::App& c =
        *app_.add_subcommand("backup-public", "write the trust bundle that auditors need");
    server_option(c, backup_.server)->required();
    c.add_option("--vkey", backup_.vkey, "the log's first public key")->required();
    c.add_option("--out", backup_.server.out, "the file to write")->required();
    json_option(c, backup_.json);
    calls(c, backup_, &backup_public, outcome_);
  }

  void add_verify_history() {
    CLI::App& c = *app_.add_subcommand("verify-history", "verify a trust bundle, offline");
    c.add_option("FILE", history_.bundle, "a file that backup-public wrote")->required();
    c.add_option("--vkey", history_.vkey, "the first key, when it is known from elsewhere");
    json_option(c, history_.json);
    calls(c, history_, &verify_history, outcome_);
  }

  CLI::App& add_joining(const char* name, const char* help, RotateArguments& arguments) {
    CLI::App& c = *app_.add_subcommand(name, help);
    token_options(c, arguments.token);
    c.add_option("--key", arguments.key, "a key that signs now: pkcs11:object=LABEL")->required();
    c.add_option("--label", arguments.label, "the new key's label")->required();
    new_token_options(c, arguments.new_token);
    c.add_option("--attestation", arguments.attestations,
                 "file with what the vendor signed about the new key; kept in the event as it is")
        ->allow_extra_args(false);
    origin_option(c, arguments.origin);
    publish_options(c, arguments.to);
    dry_run_option(c, arguments.dry_run);
    json_option(c, arguments.json);
    return c;
  }

  void add_rotate() {
    CLI::App& c = add_joining("rotate", "let a new key join a log; can be run again", rotate_);
    algorithm_option(c, rotate_.algorithm);
    calls(c, rotate_, &rotate, outcome_);
  }

  void add_witness_key() {
    calls(add_joining(
              "witness-key",
              "make the key that witnesses know a log by, whichever key signs; can be run again",
              witness_key_),
          witness_key_, &witness_key, outcome_);
  }

  CLI::App& add_leaving(const char* name, const char* help, RetireArguments& arguments) {
    CLI::App& c = *app_.add_subcommand(name, help);
    token_options(c, arguments.token);
    c.add_option("--key", arguments.key, "the key that leaves: pkcs11:object=LABEL, or its vkey")
        ->required();
    c.add_option("--signer", arguments.signer, "a key that stays: pkcs11:object=LABEL")->required();
    origin_option(c, arguments.origin);
    publish_options(c, arguments.to);
    confirmation_options(c, arguments.confirmation);
    json_option(c, arguments.json);
    return c;
  }

  void add_retire() {
    calls(add_leaving("retire", "let a key leave a log; can be run again", retire_), retire_,
          &retire, outcome_);
  }

  void add_revoke() {
    CLI::App& c = add_leaving("revoke", "a key is compromised: say where its signatures end",
                              revoke_.leaving);
    c.add_option("--last-size", revoke_.last_size,
                 "on checkpoints of more records its signatures count no more")
        ->required();
    c.add_option("--keep", revoke_.keep,
                 "a key that joined on its word and is in good hands: its vkey, its id, or a URI")
        ->allow_extra_args(false);
    c.add_flag("--revoke-admitted", revoke_.revoke_admitted,
               "revoke all other keys that joined on its word, too");
    c.add_option("--bundle", revoke_.bundle,
                 "the log's newest trust bundle, which says what joined; for --out alone")
        ->excludes("--server");
    calls(c, revoke_, &revoke, outcome_);
  }

  CLI::App app_{"Keys of a Varve log on a PKCS#11 token.", "varve-keys"};
  Result<void> outcome_;
  TokensArguments tokens_;
  InitTokenArguments init_;
  CreateArguments create_;
  ListArguments list_;
  KeyArguments show_;
  KeyArguments test_;
  AttestArguments attest_;
  CeremonyArguments ceremony_;
  ApproveArguments approve_;
  SendArguments send_;
  RenewArguments renew_;
  BackupArguments backup_;
  HistoryArguments history_;
  RotateArguments rotate_;
  RotateArguments witness_key_;
  RetireArguments retire_;
  RevokeArguments revoke_;
  KekCommandLine kek_;
  ClockCommandLine clock_;
  PolicyCommandLine policy_;
  HoldCommandLine hold_;
  DisposeCommandLine dispose_;
  ImportArguments import_;
  DestroyArguments destroy_;
};

int run(int argc, char** argv) {
  return Program().run(argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  return varve::tools::run_program("varve-keys", run, argc, argv);
}
