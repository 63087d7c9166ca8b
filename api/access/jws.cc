// Over rhonabwy 1.1, which does the arithmetic with GnuTLS. Its r_global_init() prepares downloads,
// of which there are none here.
#include "api/access/jws.h"

#include <algorithm>
#include <array>
#include <memory>

extern "C" {
#include <rhonabwy.h>
}

#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

struct Row {
  JwsAlgorithm algorithm;
  std::string_view name;
  JwsKey::Type key;
  jwa_alg theirs;
};
constexpr std::array kRows = {
    Row{JwsAlgorithm::kRs256, "RS256", JwsKey::Type::kRsa, R_JWA_ALG_RS256},
    Row{JwsAlgorithm::kPs256, "PS256", JwsKey::Type::kRsa, R_JWA_ALG_PS256},
    Row{JwsAlgorithm::kEs256, "ES256", JwsKey::Type::kP256, R_JWA_ALG_ES256},
    Row{JwsAlgorithm::kEdDsa, "EdDSA", JwsKey::Type::kEd25519, R_JWA_ALG_EDDSA},
};

const Row& row_of(JwsAlgorithm algorithm) {
  const auto* row = std::ranges::find(kRows, algorithm, &Row::algorithm);
  CHECK(row != kRows.end());
  return *row;
}

struct FreeTheirs {
  void operator()(jws_t* jws) const { r_jws_free(jws); }
  void operator()(jwk_t* jwk) const { r_jwk_free(jwk); }
};

std::unique_ptr<jwk_t, FreeTheirs> make_key(const std::string& json) {
  jwk_t* raw = nullptr;
  if (r_jwk_init(&raw) != RHN_OK) return nullptr;
  std::unique_ptr<jwk_t, FreeTheirs> key(raw);
  return r_jwk_import_from_json_str(raw, json.c_str()) == RHN_OK ? std::move(key) : nullptr;
}

}  // namespace

std::optional<JwsAlgorithm> jws_algorithm(std::string_view name) {
  const auto* row = std::ranges::find(kRows, name, &Row::name);
  return row == kRows.end() ? std::nullopt : std::optional{row->algorithm};
}

std::string_view jws_algorithm_name(JwsAlgorithm algorithm) {
  return row_of(algorithm).name;
}

Result<Buffer> decode_base64url(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '+' || c == '/' || c == '=') return invalid("not a base64url character");
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return decode_base64(standard);
}

bool JwsKey::fits(JwsAlgorithm algorithm) const {
  return row_of(algorithm).key == type && (!only || *only == algorithm);
}

bool is_signed_by(const JwsKey& key, JwsAlgorithm algorithm, const std::string& token) {
  CHECK(key.fits(algorithm));
  // rhonabwy's own decoder takes several spellings of one signature.
  const auto signature = decode_base64url(std::string_view{token}.substr(token.rfind('.') + 1));
  if (!signature || signature->size() != key.signature_bytes) return false;
  jws_t* raw = nullptr;
  if (r_jws_init(&raw) != RHN_OK) return false;
  const std::unique_ptr<jws_t, FreeTheirs> jws(raw);
  if (r_jws_advanced_compact_parsen(raw, token.data(), token.size(), R_PARSE_NONE,
                                    R_FLAG_IGNORE_REMOTE) != RHN_OK ||
      r_jws_get_alg(raw) != row_of(algorithm).theirs)
    return false;
  // A key for each call: rhonabwy does not say what threads may share.
  const auto theirs = make_key(key.jwk);
  return theirs && r_jws_verify_signature(raw, theirs.get(), R_FLAG_IGNORE_REMOTE) == RHN_OK;
}

}  // namespace varve::api
