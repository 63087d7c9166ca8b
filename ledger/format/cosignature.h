// C2SP cosignatures, Ed25519: a witness says of a checkpoint that at some time it was the largest tree of that
// log that it had seen, and that all trees which it saw before are beginnings of it. docs/format/cosignature.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/note.h"

namespace varve::format {

/// A witness's public key under its name. Its signatures count as cosignatures alone.
struct CosignerKey {
  std::string name;
  std::uint32_t id = 0;
  Buffer key;  // 32 bytes
  bool operator==(const CosignerKey&) const = default;
};

/// Computes the key id. Errors: kInvalid  no key name, or no Ed25519 key.
Result<CosignerKey> make_cosigner_key(std::string name, Bytes key);
/// A vkey of signature type 4. Errors: kInvalid  any other spelling, another type (6 is ML-DSA-44, which
/// this program does not verify), or a key id that is not its own.
Result<CosignerKey> parse_cosigner_vkey(std::string_view vkey);
std::string format_cosigner_vkey(const CosignerKey& key);

/// What is signed: two lines, and the note's text.
std::string cosigned_message(std::string_view note_text, std::uint64_t time_s);

/// A cosignature that was verified.
struct Cosignature {
  std::uint64_t time_s = 0;  // since 1970, says the witness; not 0, at most 2^63 - 1
  NoteSignature line;        // as it stands in the note
};

/// The cosignature of this witness among the signatures of `note`. Nothing: it has none, whoever else signed.
/// Errors: kCorrupt  a line with its name and id that it did not make, or without a time.
Result<std::optional<Cosignature>> cosignature_of(const Note& note, const CosignerKey& key);

}  // namespace varve::format
