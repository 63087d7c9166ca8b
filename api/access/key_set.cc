// From JWKs to the few numbers that verifying needs.
#include "api/access/key_set.h"

#include <algorithm>

#include "api/access/jwt_json.h"

namespace varve::api {
namespace {

constexpr std::size_t kRsaBytesMin = 256;
constexpr std::size_t kRsaBytesMax = 1024;
constexpr std::size_t kExponentBytesMin = 3;  // 65537, and not 3
constexpr std::size_t kExponentBytesMax = 8;
constexpr std::size_t kCurveBytes = 32;  // P-256 and Ed25519
constexpr std::size_t kCurveSignatureBytes = 64;
constexpr std::size_t kKidMax = 256;

/// A member that is base64url of `least` to `most` bytes.
Result<std::string> number(const JwtObject& key, const char* name, std::size_t least,
                           std::size_t most) {
  const auto text = key.text(name);
  const auto bytes = text ? decode_base64url(*text) : Result<Buffer>(invalid(""));
  if (!bytes || bytes->size() < least || bytes->size() > most)
    return invalid(std::string{name} + " is not base64url of " + std::to_string(least) +
                   (least == most ? "" : " to " + std::to_string(most)) + " bytes");
  return *text;
}

std::string member(const char* name, const std::string& value) {
  return std::string{",\""}.append(name).append("\":\"").append(value).append("\"");
}

Result<void> take_rsa(const JwtObject& from, JwsKey& key) {
  ASSIGN_OR_RETURN(const std::string n, number(from, "n", kRsaBytesMin, kRsaBytesMax));
  ASSIGN_OR_RETURN(const std::string e, number(from, "e", kExponentBytesMin, kExponentBytesMax));
  const Buffer modulus = *decode_base64url(n);
  const std::byte last = decode_base64url(e)->back();
  if (modulus.front() == std::byte{0} || (modulus.back() & last & std::byte{1}) == std::byte{0})
    return invalid("n begins with a zero byte, or n or e is even");
  key.type = JwsKey::Type::kRsa;
  key.jwk = R"({"kty":"RSA")" + member("n", n) + member("e", e) + "}";
  key.signature_bytes = modulus.size();
  return {};
}

Result<void> take_p256(const JwtObject& from, JwsKey& key) {
  ASSIGN_OR_RETURN(const std::string x, number(from, "x", kCurveBytes, kCurveBytes));
  ASSIGN_OR_RETURN(const std::string y, number(from, "y", kCurveBytes, kCurveBytes));
  key.type = JwsKey::Type::kP256;
  key.jwk = R"({"kty":"EC","crv":"P-256")" + member("x", x) + member("y", y) + "}";
  key.signature_bytes = kCurveSignatureBytes;
  return {};
}

Result<void> take_ed25519(const JwtObject& from, JwsKey& key) {
  ASSIGN_OR_RETURN(const std::string x, number(from, "x", kCurveBytes, kCurveBytes));
  key.type = JwsKey::Type::kEd25519;
  key.jwk = R"({"kty":"OKP","crv":"Ed25519")" + member("x", x) + "}";
  key.signature_bytes = kCurveSignatureBytes;
  return {};
}

/// Whether it is a public key for signatures, of an algorithm that can be configured here.
bool is_ours(const JwtObject& key) {
  if (key.has("use") && key.text("use") != "sig") return false;
  if (key.has("alg") && !jws_algorithm(key.text("alg").value_or(""))) return false;
  const auto operations = key.texts("key_ops");
  return !key.has("key_ops") || (operations && std::ranges::count(*operations, "verify") != 0);
}

/// nullopt: of another kind or use.
Result<std::optional<JwsKey>> key_of(const JwtObject& from) {
  using Taken = Result<std::optional<JwsKey>>;
  const std::string kty = from.text("kty").value_or("");
  const std::string crv = from.text("crv").value_or("");
  if (from.has("d")) return invalid("it is a private key, which its owner alone may have");
  const bool known =
      kty == "RSA" || (kty == "EC" && crv == "P-256") || (kty == "OKP" && crv == "Ed25519");
  if (!known || !is_ours(from)) return Taken(std::nullopt);
  JwsKey key;
  key.kid = from.text("kid").value_or("");
  if (key.kid.size() > kKidMax || (from.has("kid") && key.kid.empty()))
    return invalid("its kid is not a text of 1 to " + std::to_string(kKidMax) + " bytes");
  if (from.has("alg")) key.only = jws_algorithm(*from.text("alg"));
  const auto taken = kty == "RSA"  ? take_rsa(from, key)
                     : kty == "EC" ? take_p256(from, key)
                                   : take_ed25519(from, key);
  if (!taken) return taken.error();
  return Taken(std::move(key));
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view json) {
  if (json.size() > kKeySetBytesMax)
    return invalid("a key set has at most " + std::to_string(kKeySetBytesMax) + " bytes");
  const auto document = JwtObject::parse(json);
  const auto entries = document ? document->objects("keys") : std::nullopt;
  if (!entries) return invalid("not a JWK set: a JSON object with an array \"keys\" of objects");
  if (entries->size() > kKeysMax)
    return invalid("a key set has at most " + std::to_string(kKeysMax) + " keys, this one has " +
                   std::to_string(entries->size()));
  KeySet set;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    auto key = key_of((*entries)[i]);
    const auto added = !key ? key.error() : *key ? set.add(std::move(**key)) : Result<void>();
    if (!added) return invalid("key " + std::to_string(i + 1) + ": " + added.error().message);
  }
  if (set.keys_.empty())
    return invalid(
        "no key can be used: an RSA key from 2048 bits, a P-256 or an Ed25519 key for signatures");
  return set;
}

Result<void> KeySet::add(JwsKey key) {
  if (!key.kid.empty() && std::ranges::count(keys_, key.kid, &JwsKey::kid) != 0)
    return invalid("another key above has its kid");
  keys_.push_back(std::move(key));
  return {};
}

const JwsKey* KeySet::find(const std::optional<std::string>& kid, JwsAlgorithm algorithm) const {
  const JwsKey* found = nullptr;
  for (const JwsKey& key : keys_) {
    if (!key.fits(algorithm) || (kid && key.kid != *kid)) continue;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

}  // namespace varve::api
