// Schemes and base64.
#include "api/credential.h"

#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::size_t kPairMax = 1024;  // base64 of a name and a token

// What follows the scheme; empty when it is another one.
std::string_view after_scheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization.size() > kPairMax ||
      lower_case(authorization.substr(0, scheme.size())) != scheme)
    return {};
  authorization.remove_prefix(scheme.size());
  return authorization.substr(std::min(authorization.find_first_not_of(' '), authorization.size()));
}

// NAME:TOKEN in base64 behind that scheme. Nothing when it is not that.
std::optional<Authorization> pair_of(std::string_view authorization, std::string_view scheme) {
  const auto pair = decode_base64(after_scheme(authorization, scheme));
  if (!pair || pair->empty()) return std::nullopt;
  const std::string_view text = text_of(*pair);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Authorization{};
  return Authorization{std::string{text.substr(colon + 1)}, std::string{text.substr(0, colon)}};
}

Authorization of_elasticsearch(std::string_view authorization) {
  for (const std::string_view scheme : {"basic ", "apikey "})
    if (auto pair = pair_of(authorization, scheme)) return std::move(*pair);
  return {std::string{bearer_token(authorization)}, std::nullopt};
}

// The name is whatever a client was told to put there: Splunk looks at the token alone.
Authorization of_splunk(std::string_view authorization) {
  if (const auto pair = pair_of(authorization, "basic ")) return {pair->token, std::nullopt};
  const std::string_view token = token_of_scheme(authorization, "splunk");
  return {std::string{token.empty() ? bearer_token(authorization) : token}, std::nullopt};
}

// The token is the name, and what is behind the colon is nothing.
Authorization of_mezmo(std::string_view authorization) {
  const auto pair = pair_of(authorization, "basic ");
  return {pair ? pair->name.value_or("") : std::string{bearer_token(authorization)}, std::nullopt};
}

}  // namespace

std::optional<Authorization> authorization_of(const Request& request, Dialect dialect) {
  const std::string_view authorization = request.header("authorization");
  if (authorization.empty()) {
    const std::string_view key = request.header("apikey");
    if (dialect != Dialect::kMezmo || key.empty()) return std::nullopt;
    return Authorization{std::string{key}, std::nullopt};
  }
  if (dialect == Dialect::kElasticsearch) return of_elasticsearch(authorization);
  if (dialect == Dialect::kSplunk) return of_splunk(authorization);
  if (dialect == Dialect::kMezmo) return of_mezmo(authorization);
  return Authorization{std::string{bearer_token(authorization)}, std::nullopt};
}

}  // namespace varve::api
