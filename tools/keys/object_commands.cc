// import-public and destroy.
#include "tools/keys/object_commands.h"

#include <array>
#include <cstdio>

#include "hsm/uri.h"
#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "tools/keys/key_printing.h"
#include "tools/keys/log_history.h"

namespace varve::keys {
namespace {

Result<void> belong_together(hsm::Token& token, const format::VerifierKey& key) {
  std::array<std::byte, 32> message{};
  env::system_random().fill(message);
  const auto signature = token.sign(key.key, message);  // verified within
  if (signature) return {};
  if (signature.error().code == Code::kBusy) return signature.error();
  return invalid("this is not the public half of that private key: it was not imported");
}

Result<void> must_not_sign(const PublishArguments& server, const format::VerifierKey& key) {
  ASSIGN_OR_RETURN(const auto history, ask_history(server, key.name));
  if (!history) return {};
  const Presence presence = presence_of(key, history->timeline.history());
  if (presence == Presence::kForWitnesses)
    return invalid("the log " + server.log +
                   " signs for its witnesses with this key: name another first, with witness-key");
  if (presence != Presence::kActive) return {};
  return invalid("the log " + server.log + " signs with this key: rotate and retire it first");
}

void print_would_destroy(const std::string& vkey, const std::string& label, bool json) {
  if (json)
    std::printf("{\"would_destroy\":%s,\"yes\":%s}\n", format::json_quoted(vkey).c_str(),
                format::json_quoted(label).c_str());
  else
    std::printf("would destroy %s\nconfirmed by --yes '%s'\n", vkey.c_str(), label.c_str());
}

}  // namespace

Result<void> import_public(const ImportArguments& arguments) {
  ASSIGN_OR_RETURN(const auto key, format::parse_vkey(arguments.vkey));
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  const hsm::PublicKey half{key.algorithm, key.key};
  RETURN_IF_ERROR(token->import_public_key(half, arguments.label));
  if (auto together = belong_together(*token, key); !together) {
    RETURN_IF_ERROR(token->remove_public_key(half));
    return together;
  }
  print_value(arguments.json, "vkey", format::format_vkey(key));
  return {};
}

Result<void> destroy(const DestroyArguments& arguments) {
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto key,
                   find_key(*token, hsm::object_uri(arguments.label), arguments.origin));
  RETURN_IF_ERROR(must_not_sign(arguments.server, key));
  const std::string vkey = format::format_vkey(key);
  if (arguments.confirmation.dry_run) {
    print_would_destroy(vkey, arguments.label, arguments.json);
    return {};
  }
  std::string what = "Destroying the key " + vkey;
  if (arguments.server.server.empty()) what.append(" (no --server was asked whether it signs)");
  RETURN_IF_ERROR(confirm(arguments.confirmation, what, std::array{arguments.label, vkey}));
  RETURN_IF_ERROR(token->destroy_keys(hsm::KeyUse::kSign, arguments.label));
  print_value(arguments.json, "destroyed", vkey);
  return {};
}

}  // namespace varve::keys
