// init-token, create, list, show, test.
#include "tools/keys/key_commands.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "hsm/keys.h"
#include "hsm/pin.h"
#include "hsm/uri.h"
#include "ledger/base/visible.h"
#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "ledger/format/utf8.h"
#include "tools/keys/key_printing.h"

namespace varve::keys {
namespace {

Result<hsm::KeyInfo> info_of(hsm::Token& token, Bytes public_key) {
  ASSIGN_OR_RETURN(const auto keys, token.list_keys());
  const auto at = std::ranges::find_if(keys, [&](const hsm::KeyInfo& info) {
    return info.public_key && std::ranges::equal(info.public_key->key, public_key);
  });
  if (at == keys.end()) return not_found("the token holds the public half of this key only");
  return *at;
}

}  // namespace

Result<std::unique_ptr<hsm::Token>> open_token(const TokenArguments& arguments) {
  ASSIGN_OR_RETURN(auto pin, hsm::read_pin(arguments.pin));
  return hsm::Token::open(
      {arguments.module, arguments.token, std::move(pin), arguments.timeout_ms});
}

Result<format::VerifierKey> find_key(hsm::Token& token, const std::string& uri,
                                     const std::string& origin) {
  ASSIGN_OR_RETURN(const auto found, token.find_public_key(uri));
  return format::make_verifier_key(origin, found.algorithm, found.key);
}

Result<format::Algorithm> parse_algorithm(const std::string& name) {
  if (name == "ed25519") return format::Algorithm::kEd25519;
  if (name == "p256") return format::Algorithm::kEcdsaP256;
  return invalid("the algorithm is ed25519 or p256, not " + name);
}

Result<void> create(const CreateArguments& arguments) {
  ASSIGN_OR_RETURN(const auto algorithm, parse_algorithm(arguments.algorithm));
  if (!format::is_key_name(arguments.origin))  // found before there is a key that nobody can use
    return invalid("an origin is not empty and has no space, plus or control character");
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto made, token->create_key_pair(algorithm, arguments.label));
  ASSIGN_OR_RETURN(const auto key,
                   format::make_verifier_key(arguments.origin, made.algorithm, made.key));
  print_value(arguments.json, "vkey", format::format_vkey(key));
  return {};
}

Result<void> list(const ListArguments& arguments) {
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto keys, token->list_keys());
  const std::string text = arguments.json ? keys_as_json(keys) : keys_as_text(keys);
  std::fputs(visible_lines(text).c_str(), stdout);
  return {};
}

Result<void> show(const KeyArguments& arguments) {
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto key, find_key(*token, arguments.key, arguments.origin));
  ASSIGN_OR_RETURN(const auto info, info_of(*token, key.key));
  const std::string vkey = format::format_vkey(key);
  const std::string text = arguments.json ? key_as_json(info, vkey) : key_as_text(info, vkey);
  std::fputs(visible_lines(text).c_str(), stdout);
  return {};
}

Result<void> test(const KeyArguments& arguments) {
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto key, find_key(*token, arguments.key, arguments.origin));
  std::array<std::byte, 32> message{};
  env::system_random().fill(message);
  const std::uint64_t begin_ms = env::posix_clock().steady_ms();
  ASSIGN_OR_RETURN(const Buffer signature, token->sign(key.key, message));
  const std::uint64_t took_ms = env::posix_clock().steady_ms() - begin_ms;
  RETURN_IF_ERROR(format::verify_signature(key, message, signature));
  const std::string vkey = format::format_vkey(key);
  const auto took = static_cast<unsigned long long>(took_ms);
  if (arguments.json)
    std::printf("{\"vkey\":%s,\"milliseconds\":%llu}\n", format::json_quoted(vkey).c_str(), took);
  else
    std::printf("signed and verified in %llu ms: %s\n", took, vkey.c_str());
  return {};
}

}  // namespace varve::keys
