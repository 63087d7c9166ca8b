// Parts, base64url, JSON.
#include "api/access/jwt.h"

#include <algorithm>
#include <array>

#include "api/access/jws.h"

namespace varve::api {
namespace {

constexpr std::string_view kApplication = "application/";

std::string lower_case_of_type(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text.starts_with(kApplication) ? text.substr(kApplication.size()) : text;
}

std::optional<JwtObject> object_in(std::string_view part) {
  const auto bytes = decode_base64url(part);
  return bytes ? JwtObject::parse(text_of(*bytes)) : std::nullopt;
}

}  // namespace

bool is_jwt(std::string_view bearer) {
  if (std::ranges::count(bearer, '.') < 2 || bearer.front() != 'e') return false;
  // '{' is 011110 11....: 'e', then one of the last sixteen digits of base64url.
  constexpr std::string_view kSecond = "wxyz0123456789-_";
  return kSecond.find(bearer[1]) != std::string_view::npos;
}

std::variant<Jwt, std::string_view> split_jwt(std::string_view bearer) {
  if (bearer.size() > kJwtBytesMax) return "the JWT is larger than 8192 bytes";
  if (std::ranges::count(bearer, '.') != 2) return "the JWT is encrypted, or no JWT";
  const std::size_t first = bearer.find('.');
  const std::size_t last = bearer.rfind('.');
  const auto header = object_in(bearer.substr(0, first));
  if (!header) return "the JWT's header is not base64url of a JSON object whose names are unique";
  for (const char* name : {"crit", "b64", "zip", "enc", "cty"})
    if (header->has(name)) return "the JWT's header has crit, b64, zip, enc or cty";
  const auto alg = header->text("alg");
  const auto typ = header->text("typ");
  const auto kid = header->text("kid");
  if (!alg || typ.has_value() != header->has("typ") || kid.has_value() != header->has("kid"))
    return "the JWT's header has no alg, or an alg, typ or kid that is no text";
  auto claims = object_in(bearer.substr(first + 1, last - first - 1));
  if (!claims) return "the JWT's claims are not base64url of a JSON object whose names are unique";
  if (!decode_base64url(bearer.substr(last + 1))) return "the JWT's signature is not base64url";
  return Jwt{*alg, lower_case_of_type(typ.value_or("")), kid, std::move(*claims)};
}

}  // namespace varve::api
