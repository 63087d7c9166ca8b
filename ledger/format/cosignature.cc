// Time and signature, and what they are over.
#include "ledger/format/cosignature.h"

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/public_key.h"
#include "ledger/format/utf8.h"
#include "ledger/format/vkey_parts.h"

namespace varve::format {
namespace {

constexpr std::uint8_t kCosignatureType = 0x04;
constexpr std::uint8_t kMlDsaType = 0x06;
constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kSignatureSize = 64;
constexpr std::uint64_t kTimeMax = (std::uint64_t{1} << 63) - 1;

Error not_its_own(const CosignerKey& key, const char* why) {
  return corrupt("the cosignature by " + key.name + " (key id " + id_digits(key.id) + ") " + why);
}

}  // namespace

Result<CosignerKey> make_cosigner_key(std::string name, Bytes key) {
  if (!is_key_name(name) || !is_ed25519_key(key))
    return invalid("the witness's key of " + name + " is no Ed25519 key under a key name");
  const std::uint32_t id = named_key_id(name, kCosignatureType, key);
  return CosignerKey{std::move(name), id, to_buffer(key)};
}

Result<CosignerKey> parse_cosigner_vkey(std::string_view vkey) {
  ASSIGN_OR_RETURN(VkeyParts parts, split_vkey(vkey, "a witness's key"));
  if (parts.type == kMlDsaType)
    return invalid("the witness's key of " + parts.name +
                   " is of type 6, ML-DSA-44, which this program does not verify");
  if (parts.type != kCosignatureType)
    return invalid("the key of " + parts.name + " is of type " + std::to_string(parts.type) +
                   ": a witness's key is of type 4, an Ed25519 cosigner");
  ASSIGN_OR_RETURN(CosignerKey key, make_cosigner_key(std::move(parts.name), parts.key));
  if (id_digits(key.id) != parts.id)
    return invalid("the id in the witness's key of " + key.name +
                   " is not that of this name and key");
  return key;
}

std::string format_cosigner_vkey(const CosignerKey& key) {
  Buffer material;
  ByteWriter(material).u8(kCosignatureType).bytes(key.key);
  return key.name + "+" + id_digits(key.id) + "+" + base64(material);
}

std::string cosigned_message(std::string_view note_text, std::uint64_t time_s) {
  return "cosignature/v1\ntime " + std::to_string(time_s) + "\n" + std::string(note_text);
}

Result<std::optional<Cosignature>> cosignature_of(const Note& note, const CosignerKey& key) {
  for (const NoteSignature& line : note.signatures) {
    if (line.id != key.id || line.name != key.name) continue;
    if (line.signature.size() != kTimeSize + kSignatureSize)
      return not_its_own(key, "is not of 72 bytes");
    ByteReader in(line.signature);
    const std::uint64_t time_s = in.u64();
    if (time_s == 0 || time_s > kTimeMax) return not_its_own(key, "has no time");
    const std::string message = cosigned_message(note.text, time_s);
    if (!ed25519_verifies(key.key, bytes_of(message), in.rest()))
      return not_its_own(key, "does not verify");
    return std::optional(Cosignature{time_s, line});
  }
  return std::optional<Cosignature>{};
}

}  // namespace varve::format
