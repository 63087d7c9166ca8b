// Well-formed pieces from which several targets make their seeds. The keys are the base points of
// their curves: valid public keys that need no random number and no private half.
#pragma once

#include <string>

#include "ledger/base/text.h"
#include "ledger/format/note.h"
#include "ledger/format/seal.h"
#include "ledger/merkle/tree.h"

namespace varve::fuzz {

inline Buffer buffer_of(std::string_view text) {
  return to_buffer(bytes_of(text));
}

inline format::VerifierKey ed25519_key(std::string name) {
  Buffer key(32, std::byte{0x66});
  key[0] = std::byte{0x58};
  return *format::make_verifier_key(std::move(name), format::Algorithm::kEd25519, key);
}

inline format::VerifierKey p256_key(std::string name) {
  const Buffer key = *decode_hex(
      "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
      "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
  return *format::make_verifier_key(std::move(name), format::Algorithm::kEcdsaP256, key);
}

/// A signature that verifies nothing: decoders do not look.
inline std::string note_of(std::string text, std::size_t signatures = 1) {
  format::Note note{std::move(text), {}};
  for (std::size_t i = 0; i < signatures; ++i)
    note.signatures.push_back({"log.example", static_cast<std::uint32_t>(i), Buffer(64)});
  return format::format_note(note);
}

inline std::string checkpoint_note() {
  return note_of("log.example\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
}

inline Buffer event_record(std::uint64_t sequence) {
  return *format::encode_record({.kind = format::Kind::kEvent,
                                 .source = SourceId{7},
                                 .sequence = sequence,
                                 .time_us = 1'700'000'000'000'000,
                                 .media_type = "application/json",
                                 .payload = bytes_of("{\"type\":\"login\"}")});
}

inline format::Seal seal_over(std::span<const Buffer> events, format::Sealer sealer) {
  std::vector<Hash> leaves;
  for (const Buffer& event : events) leaves.push_back(merkle::leaf_hash(event));
  format::Seal seal;
  seal.sealer = sealer;
  seal.source = SourceId{7};
  seal.count = static_cast<std::uint32_t>(events.size());
  seal.root = merkle::root_of(leaves);
  return seal;
}

}  // namespace varve::fuzz
