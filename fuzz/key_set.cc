// Key sets: what is accepted can be verified with, and does not say yes to anything.
#include "api/access/key_set.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

using api::JwsAlgorithm;

/// {"alg":...} and {}, signed with zeros of the right size.
std::string unsigned_token(JwsAlgorithm algorithm, std::size_t signature_bytes) {
  constexpr std::string_view kHeaders[] = {"eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJQUzI1NiJ9",
                                           "eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJFZERTQSJ9"};
  return std::string{kHeaders[static_cast<std::size_t>(algorithm)]} + ".e30." +
         std::string((signature_bytes * 4 + 2) / 3, 'A');
}

}  // namespace

bool accepts(Bytes in) {
  const auto keys = api::KeySet::parse(text_of(in));
  if (!keys) return false;
  CHECK(keys->size() > 0 && keys->size() <= api::kKeysMax);
  for (const JwsAlgorithm algorithm :
       {JwsAlgorithm::kRs256, JwsAlgorithm::kPs256, JwsAlgorithm::kEs256, JwsAlgorithm::kEdDsa})
    if (const api::JwsKey* key = keys->find(std::nullopt, algorithm))
      CHECK(!is_signed_by(*key, algorithm, unsigned_token(algorithm, key->signature_bytes)));
  return true;
}

std::vector<Buffer> seeds() {
  const std::string p256 =
      R"({"kty":"EC","crv":"P-256","kid":"a","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",)"
      R"("y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"})";
  const std::string ed25519 =
      R"({"kty":"OKP","crv":"Ed25519","use":"sig","x":"WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY"})";
  const std::string rsa =
      R"({"kty":"RSA","alg":"PS256","e":"AQAB","n":")" + std::string(341, 'w') + R"(w"})";
  return {
      buffer_of("{\"keys\":[" + p256 + "," + ed25519 + "]}"),
      buffer_of("{\"keys\":[" + rsa + ",{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"),
  };
}

}  // namespace varve::fuzz
