// import-public and destroy.
#include "tools/keys/object_commands.h"

#include <array>

#include "hsm/uri.h"
#include "ledger/env/posix.h"
#include "tools/keys/key_printing.h"

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
  if (server.server.empty()) return {};
  ASSIGN_OR_RETURN(const Presence presence, presence_on_server(server, key));
  if (presence != Presence::kActive) return {};
  return invalid("the log " + server.log + " signs with this key: rotate and retire it first");
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
  if (!arguments.confirmation.dry_run) {
    std::string what = "Destroying the key " + format::format_vkey(key);
    if (arguments.server.server.empty()) what.append(" (no --server was asked whether it signs)");
    RETURN_IF_ERROR(confirm(arguments.confirmation, what, arguments.label));
    RETURN_IF_ERROR(token->destroy_keys(hsm::KeyUse::kSign, arguments.label));
  }
  print_value(arguments.json, arguments.confirmation.dry_run ? "would_destroy" : "destroyed",
              format::format_vkey(key));
  return {};
}

}  // namespace varve::keys
