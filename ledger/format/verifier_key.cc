// Verifier keys: their ids, their spelling as a vkey, and what they verify.
#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/note.h"
#include "ledger/format/public_key.h"
#include "ledger/format/utf8.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

constexpr std::size_t kVkeyMax = 4096;
constexpr std::size_t kKeyIdDigits = 8;

Error not_a_vkey(std::string_view why) {
  return invalid("not a verifier key <name>+<id>+<key>: " + std::string(why));
}

std::uint32_t first_four(const Hash& hash) {
  return ByteReader(hash.view()).u32();
}

std::uint32_t key_id(std::string_view name, Algorithm algorithm, Bytes key) {
  if (algorithm == Algorithm::kEcdsaP256) return first_four(merkle::sha256(key));
  Buffer message;
  ByteWriter(message).text(name).text("\n").u8(static_cast<std::uint8_t>(algorithm)).bytes(key);
  return first_four(merkle::sha256(message));
}

std::string id_digits(std::uint32_t id) {
  Buffer bytes;
  ByteWriter(bytes).u32(id);
  return hex(bytes);
}

Result<Algorithm> algorithm_of(std::uint8_t type) {
  if (type == static_cast<std::uint8_t>(Algorithm::kEd25519)) return Algorithm::kEd25519;
  if (type == static_cast<std::uint8_t>(Algorithm::kEcdsaP256)) return Algorithm::kEcdsaP256;
  return not_a_vkey("signature type " + std::to_string(type) + " is not supported");
}

}  // namespace

Result<VerifierKey> make_verifier_key(std::string name, Algorithm algorithm, Bytes key) {
  if (!is_key_name(name))
    return invalid("a key name is not empty and has no space, plus or control character");
  if (algorithm == Algorithm::kEd25519 ? !is_ed25519_key(key) : !is_p256_key(key))
    return invalid(algorithm == Algorithm::kEd25519 ? "not a valid Ed25519 public key"
                                                    : "not a valid P-256 public key in SPKI DER");
  const std::uint32_t id = key_id(name, algorithm, key);
  return VerifierKey{std::move(name), id, algorithm, to_buffer(key)};
}

Result<VerifierKey> parse_vkey(std::string_view vkey) {
  if (vkey.size() > kVkeyMax) return not_a_vkey("it is too long");
  const std::size_t name_end = vkey.find('+');
  const std::size_t id_end = name_end + 1 + kKeyIdDigits;
  if (name_end == std::string_view::npos || vkey.size() <= id_end || vkey[id_end] != '+')
    return not_a_vkey("its three parts are not there");
  const std::string_view id = vkey.substr(name_end + 1, kKeyIdDigits);
  const auto material = decode_base64(vkey.substr(id_end + 1));
  if (!material || material->empty()) return not_a_vkey("the key is not base64");
  ASSIGN_OR_RETURN(const Algorithm algorithm,
                   algorithm_of(std::to_integer<std::uint8_t>(material->front())));
  ASSIGN_OR_RETURN(VerifierKey key, make_verifier_key(std::string(vkey.substr(0, name_end)),
                                                      algorithm, Bytes{*material}.subspan(1)));
  if (id_digits(key.id) != id) return not_a_vkey("the id is not that of this name and key");
  return key;
}

std::string format_vkey(const VerifierKey& key) {
  Buffer material;
  ByteWriter(material).u8(static_cast<std::uint8_t>(key.algorithm)).bytes(key.key);
  return key.name + "+" + id_digits(key.id) + "+" + base64(material);
}

std::string key_id_text(const VerifierKey& key) {
  return id_digits(key.id);
}

Result<void> verify_signature(const VerifierKey& key, Bytes message, Bytes signature) {
  const bool good = key.algorithm == Algorithm::kEd25519
                        ? ed25519_verifies(key.key, message, signature)
                        : p256_verifies(key.key, message, signature);
  if (!good)
    return corrupt("the signature by " + key.name + " (key id " + id_digits(key.id) +
                   ") does not verify");
  return {};
}

}  // namespace varve::format
