// tokens and init-token.
#include "tools/keys/token_commands.h"

#include <cstdio>
#include <utility>

#include "hsm/keys.h"
#include "hsm/pin.h"
#include "hsm/slots.h"
#include "hsm/uri.h"
#include "ledger/base/visible.h"
#include "ledger/format/json.h"
#include "tools/keys/key_printing.h"

namespace varve::keys {
namespace {

std::string uri_of(const hsm::TokenInfo& token) {
  return token.slot.initialized() ? hsm::token_identity(token.slot) : "";
}

std::string as_text(const hsm::TokenInfo& token) {
  std::string uses;
  if (token.signs_ed25519) uses.append(", ed25519");
  if (token.signs_p256) uses.append(", p256");
  if (token.wraps) uses.append(", month keys");
  std::string text = "slot " + std::to_string(token.slot.id) + "\n";
  if (!token.silent_because.empty())
    return text.append("  error     ").append(token.silent_because).append("\n");
  if (token.slot.initialized()) text.append("  token     ").append(uri_of(token)).append("\n");
  text.append("  user PIN  ").append(hsm::user_pin_state(token.slot));
  return text.append("\n  good for  ").append(uses.empty() ? "nothing here" : uses.substr(2)) +
         "\n";
}

std::string as_json(const hsm::TokenInfo& token) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  std::string json = "{\"slot\":" + std::to_string(token.slot.id);
  if (!token.silent_because.empty())
    return json.append(",\"error\":").append(format::json_quoted(token.silent_because)) + "}";
  json.append(",\"initialised\":").append(flag(token.slot.initialized()));
  json.append(",\"token\":").append(format::json_quoted(uri_of(token)));
  json.append(",\"user_pin\":").append(format::json_quoted(hsm::user_pin_state(token.slot)));
  json.append(",\"ed25519\":").append(flag(token.signs_ed25519));
  json.append(",\"p256\":").append(flag(token.signs_p256));
  return json.append(",\"wraps\":").append(flag(token.wraps)) + "}";
}

}  // namespace

Result<void> tokens(const TokensArguments& arguments) {
  ASSIGN_OR_RETURN(const auto all, hsm::list_tokens(arguments.module));
  std::string out;
  for (const hsm::TokenInfo& token : all) {
    if (arguments.json && !out.empty()) out.push_back(',');
    out.append(arguments.json ? as_json(token) : as_text(token));
  }
  std::printf(arguments.json ? "{\"tokens\":[%s]}\n" : "%s", visible_lines(out).c_str());
  return {};
}

Result<void> init_token(const InitTokenArguments& arguments) {
  ASSIGN_OR_RETURN(auto so_pin, hsm::read_pin(arguments.so_pin));
  ASSIGN_OR_RETURN(auto pin, hsm::read_pin(arguments.pin));
  RETURN_IF_ERROR(hsm::initialize_token(
      {arguments.module, arguments.label, std::move(so_pin), std::move(pin)}));
  print_value(arguments.json, "token", hsm::token_uri(arguments.label));
  return {};
}

}  // namespace varve::keys
