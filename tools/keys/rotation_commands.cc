// rotate and retire: each can be repeated until it has succeeded.
#include "tools/keys/rotation_commands.h"

#include <array>
#include <cstdio>

#include "hsm/uri.h"
#include "tools/keys/key_note.h"

namespace varve::keys {
namespace {

Result<format::VerifierKey> find_or_create(hsm::Token& token, const RotateArguments& arguments) {
  ASSIGN_OR_RETURN(const auto algorithm, parse_algorithm(arguments.algorithm));
  auto found = find_key(token, hsm::object_uri(arguments.label), arguments.origin);
  if (!found && found.error().code == Code::kNotFound) {
    ASSIGN_OR_RETURN(const auto made, token.create_key_pair(algorithm, arguments.label));
    return format::make_verifier_key(arguments.origin, made.algorithm, made.key);
  }
  if (found && found->algorithm != algorithm)
    return invalid("the token holds a key '" + arguments.label +
                   "' of another algorithm: choose another label");
  return found;
}

/// Where the event still has to go: not to a server that has it from an earlier run.
Result<PublishArguments> remaining(PublishArguments to, const format::VerifierKey& key,
                                   Presence done) {
  if (to.server.empty()) return to;
  ASSIGN_OR_RETURN(const Presence presence, presence_on_server(to, key));
  if (presence == done) {
    to.server.clear();
  } else if (presence == Presence::kRetired) {
    return invalid("this key was retired before: make a key with a new label");
  }
  return to;
}

Result<format::VerifierKey> leaving_key(hsm::Token& token, const RetireArguments& arguments) {
  if (arguments.key.starts_with("pkcs11:")) return find_key(token, arguments.key, arguments.origin);
  ASSIGN_OR_RETURN(auto key, format::parse_vkey(arguments.key));
  if (key.name != arguments.origin)
    return invalid("the vkey is of " + key.name + ", not of " + arguments.origin);
  return key;
}

Result<void> announce(hsm::Token& token, const format::KeyEvent& event,
                      std::span<const format::VerifierKey> signers, const PublishArguments& to) {
  ASSIGN_OR_RETURN(const std::string note, sign_key_event(token, event, signers));
  return publish(to, note);
}

void print_vkey(const format::VerifierKey& key) {
  std::printf("%s\n", format::format_vkey(key).c_str());
}

}  // namespace

Result<void> rotate(const RotateArguments& arguments) {
  RETURN_IF_ERROR(check_destination(arguments.to));
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto old_key, find_key(*token, arguments.key, arguments.origin));
  ASSIGN_OR_RETURN(const auto new_key, find_or_create(*token, arguments));
  if (new_key == old_key) return invalid("the new key's label is the old key's: choose another");
  ASSIGN_OR_RETURN(const auto to, remaining(arguments.to, new_key, Presence::kActive));
  const format::KeyEvent event{format::KeyAction::kRotate, arguments.origin, new_key};
  RETURN_IF_ERROR(announce(*token, event, std::array{old_key, new_key}, to));
  print_vkey(new_key);
  return {};
}

Result<void> retire(const RetireArguments& arguments) {
  RETURN_IF_ERROR(check_destination(arguments.to));
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto leaving, leaving_key(*token, arguments));
  ASSIGN_OR_RETURN(const auto staying, find_key(*token, arguments.signer, arguments.origin));
  if (leaving == staying)
    return invalid("a key cannot sign its own retirement: name one that stays");
  ASSIGN_OR_RETURN(const auto to, remaining(arguments.to, leaving, Presence::kRetired));
  const format::KeyEvent event{format::KeyAction::kRetire, arguments.origin, leaving};
  RETURN_IF_ERROR(announce(*token, event, std::array{staying}, to));
  print_vkey(leaving);
  return {};
}

}  // namespace varve::keys
