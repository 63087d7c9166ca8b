// A bearer token that is a JWT, taken apart. Nothing here says that any of it is true: issuer.h does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/access/jwt_json.h"

namespace varve::api {

inline constexpr std::size_t kJwtBytesMax = 8192;

/// Whether a bearer token is to be judged as a JWT and nothing else: it has two dots or more, and what
/// comes before the first is base64url of text that begins with '{'. An encrypted token (four dots) is
/// one too, and is refused as such. Tokens of `varved token` have no dot.
bool is_jwt(std::string_view bearer);

struct Jwt {
  std::string alg;
  std::string typ;  // lower case, without "application/"; empty: none
  std::optional<std::string> kid;
  JwtObject claims;
};

/// The parts of a signed token, or why it is refused, as static text. Requires is_jwt().
/// `jku`, `jwk`, `x5u`, `x5c` and `x5t` in the header are not looked at. Refused are headers that change
/// what is signed or understood: `crit`, `b64`, `zip`, `enc`, `cty`, and an algorithm that is no text.
/// Source: RFC 7515 section 7.1, RFC 7519 section 7.2, RFC 8725 sections 2 and 3
std::variant<Jwt, std::string_view> split_jwt(std::string_view bearer);

}  // namespace varve::api
