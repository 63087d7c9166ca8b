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

}  // namespace

Authorization authorization_of(std::string_view authorization, Dialect dialect) {
  if (dialect != Dialect::kElasticsearch)
    return {std::string{bearer_token(authorization)}, std::nullopt};
  for (const std::string_view scheme : {"basic ", "apikey "}) {
    const auto pair = decode_base64(after_scheme(authorization, scheme));
    if (!pair || pair->empty()) continue;
    const std::string_view text = text_of(*pair);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    return {std::string{text.substr(colon + 1)}, std::string{text.substr(0, colon)}};
  }
  return {std::string{bearer_token(authorization)}, std::nullopt};
}

}  // namespace varve::api
