// JWTs taken apart: each part of what is accepted has one spelling.
#include "api/access/jwt.h"

#include <algorithm>

#include "api/access/jws.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "tests/access/base64url.h"

namespace varve::fuzz {
namespace {

using api::base64url;

Buffer token(const std::string& header, const std::string& claims) {
  return buffer_of(base64url(header) + "." + base64url(claims) + ".c2ln");
}

}  // namespace

bool accepts(Bytes in) {
  const std::string_view text = text_of(in);
  if (!api::is_jwt(text)) return false;
  const auto parts = api::split_jwt(text);
  const auto* jwt = std::get_if<api::Jwt>(&parts);
  if (jwt == nullptr) return false;
  std::string again;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const auto part = api::decode_base64url(text.substr(begin, end - begin));
    CHECK(part.has_value());
    again.append(again.empty() ? "" : ".").append(base64url(text_of(*part)));
    begin = end + 1;
  }
  CHECK(again == text);
  for (const char* name : {"iss", "aud", "exp", "cnf", "scope"}) {
    CHECK(!jwt->claims.text(name) || jwt->claims.texts(name)->size() == 1);
    CHECK(!jwt->claims.seconds(name) || !jwt->claims.object(name));
  }
  return true;
}

std::vector<Buffer> seeds() {
  return {
      token(R"({"alg":"ES256","typ":"at+jwt","kid":"k"})",
            R"({"iss":"https://a","aud":["b","c"],"exp":1.5e9,"cnf":{"x5t#S256":"A"}})"),
      token(R"({ "alg" : "none" })", R"({"scope":"a b","x":[[{"y":null}],"\ud83d\ude00"]})"),
      token(R"({"alg":"RS256","typ":"application/AT+JWT","jwk":{"kty":"oct"}})", "{}"),
  };
}

}  // namespace varve::fuzz
