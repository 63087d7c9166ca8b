// Verifier keys: their ids, their spelling as a vkey, and what they verify.
#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/note.h"
#include "ledger/format/public_key.h"
#include "ledger/format/utf8.h"
#include "ledger/format/vkey_parts.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

constexpr std::size_t kVkeyMax = 4096;
constexpr std::size_t kKeyIdDigits = 8;
constexpr std::string_view kWhat = "a verifier key";

std::uint32_t first_four(const Hash& hash) {
  return ByteReader(hash.view()).u32();
}

std::uint32_t key_id(std::string_view name, Algorithm algorithm, Bytes key) {
  if (algorithm == Algorithm::kEcdsaP256) return first_four(merkle::sha256(key));
  return named_key_id(name, static_cast<std::uint8_t>(algorithm), key);
}

Result<Algorithm> algorithm_of(std::uint8_t type) {
  if (type == static_cast<std::uint8_t>(Algorithm::kEd25519)) return Algorithm::kEd25519;
  if (type == static_cast<std::uint8_t>(Algorithm::kEcdsaP256)) return Algorithm::kEcdsaP256;
  return invalid("not " + std::string(kWhat) + ": signature type " + std::to_string(type) +
                 " is not supported");
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

Result<VkeyParts> split_vkey(std::string_view vkey, std::string_view what) {
  const auto no_vkey = [what](const char* why) {
    return invalid("not " + std::string(what) + " <name>+<id>+<key>: " + why);
  };
  if (vkey.size() > kVkeyMax) return no_vkey("it is too long");
  const std::size_t name_end = vkey.find('+');
  const std::size_t id_end = name_end + 1 + kKeyIdDigits;
  if (name_end == std::string_view::npos || vkey.size() <= id_end || vkey[id_end] != '+')
    return no_vkey("its three parts are not there");
  const auto material = decode_base64(vkey.substr(id_end + 1));
  if (!material || material->empty()) return no_vkey("the key is not base64");
  return VkeyParts{std::string(vkey.substr(0, name_end)), vkey.substr(name_end + 1, kKeyIdDigits),
                   std::to_integer<std::uint8_t>(material->front()),
                   to_buffer(Bytes{*material}.subspan(1))};
}

std::string id_digits(std::uint32_t id) {
  Buffer bytes;
  ByteWriter(bytes).u32(id);
  return hex(bytes);
}

std::uint32_t named_key_id(std::string_view name, std::uint8_t type, Bytes key) {
  Buffer message;
  ByteWriter(message).text(name).text("\n").u8(type).bytes(key);
  return first_four(merkle::sha256(message));
}

Result<VerifierKey> parse_vkey(std::string_view vkey) {
  ASSIGN_OR_RETURN(const VkeyParts parts, split_vkey(vkey, kWhat));
  ASSIGN_OR_RETURN(const Algorithm algorithm, algorithm_of(parts.type));
  ASSIGN_OR_RETURN(VerifierKey key, make_verifier_key(parts.name, algorithm, parts.key));
  if (id_digits(key.id) != parts.id)
    return invalid("not " + std::string(kWhat) +
                   " <name>+<id>+<key>: the id is not that of this name and key");
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
