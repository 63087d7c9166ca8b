// SHA-256 of sixteen messages at once, where the processor has AVX-512: on one without SHA
// instructions OpenSSL hashed 0.75 M leaves of 360 bytes a second, this 2.86 M (docs/BENCHMARKS.md).
// On other processors OpenSSL hashes them one after the other. Private to this folder.
#pragma once

#include <span>

#include "ledger/base/types.h"

namespace varve::merkle {

inline constexpr std::size_t kLanes = 16;

/// out[i] = SHA-256(prefix || messages[i]). Messages of nearly one length are fastest.
/// Requires: as many outputs as messages. Allocates nothing. Thread: any.
void sha256_each(std::byte prefix, std::span<const Bytes> messages, std::span<Hash> out);

}  // namespace varve::merkle
