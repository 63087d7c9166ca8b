// Keyed hashes of refused PINs.
#include "hsm/refused_pins.h"

namespace varve::hsm {

Hash RefusedPins::digest(std::string_view token, Bytes pin) const {
  Hash digest;
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, key_.data(), key_.size(), kHashSize);
  const std::uint64_t length = token.size();
  ::crypto_generichash_update(&state, u8(std::as_bytes(std::span(&length, 1))), sizeof length);
  ::crypto_generichash_update(&state, u8(bytes_of(token)), token.size());
  ::crypto_generichash_update(&state, u8(pin), pin.size());
  ::crypto_generichash_final(&state, u8(MutableBytes(digest.bytes)), kHashSize);
  return digest;
}

}  // namespace varve::hsm
