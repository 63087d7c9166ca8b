// C2SP signed notes and the keys that verify them, Ed25519 and ECDSA P-256.
// Checkpoints, key events and source events are all signed notes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

enum class Algorithm : std::uint8_t {  // C2SP signature type identifier byte
  kEd25519 = 0x01,
  kEcdsaP256 = 0x02,
};

/// A public key under a name. `key` is 32 raw bytes for Ed25519, SPKI DER for P-256.
struct VerifierKey {
  std::string name;
  std::uint32_t id = 0;
  Algorithm algorithm = Algorithm::kEd25519;
  Buffer key;
  bool operator==(const VerifierKey&) const = default;
};

/// Computes the key id. Errors: kInvalid  the name is empty or has a space or plus in it; the key
/// is not a valid public key of that algorithm (small-order and off-curve points are refused).
Result<VerifierKey> make_verifier_key(std::string name, Algorithm algorithm, Bytes key);
/// "name+keyid+base64(type || key)". Errors: kInvalid  any other spelling, or a key id that is not its own.
Result<VerifierKey> parse_vkey(std::string_view vkey);
std::string format_vkey(const VerifierKey& key);
/// The id as the vkey spells it: 8 hex digits.
std::string key_id_text(const VerifierKey& key);

/// Checks a raw signature: Ed25519 64 bytes over `message`, P-256 ASN.1 DER over its SHA-256.
/// Errors: kCorrupt  it does not verify.
Result<void> verify_signature(const VerifierKey& key, Bytes message, Bytes signature);

struct NoteSignature {
  std::string name;
  std::uint32_t id = 0;
  Buffer signature;  // without the key id
  bool operator==(const NoteSignature&) const = default;
};

inline constexpr std::size_t kNoteMax = 1u << 20;  // bytes, signatures included
inline constexpr std::size_t kNoteSignaturesMax = 64;

/// A parsed note, nothing verified. `text` ends in a newline.
struct Note {
  std::string text;
  std::vector<NoteSignature> signatures;
};

/// Errors: kInvalid  not a note: no signatures, control characters, not UTF-8, too large ...
Result<Note> parse_note(std::string_view note);
/// Exactly what parse_note accepts. Requires text that ends in a newline.
std::string format_note(const Note& note);

/// Verifies every signature by a known key, ignores unknown keys, and returns the keys (indexes
/// into `known`) that signed.
/// Errors: kCorrupt  a known key's signature fails, or no known key signed.
Result<std::vector<std::size_t>> verify_note(const Note& note, std::span<const VerifierKey> known);

}  // namespace varve::format
