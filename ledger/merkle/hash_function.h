// Hash functions beside SHA-256: what a renewal hashes a log with when SHA-256 grows old. A log's
// own tree does not use them: it is SHA-256's, as C2SP's checkpoints and tiles say.
#pragma once

#include <initializer_list>
#include <string_view>

#include "ledger/base/types.h"

namespace varve::merkle {

/// A function to 32 bytes, and how it hashes a tree: as RFC 6962 section 2.1 does with SHA-256.
struct HashFunction {
  std::string_view name;                           // "sha3-256": the tag in formats
  Hash (*of)(std::initializer_list<Bytes> parts);  // of the parts as one message

  [[nodiscard]] Hash leaf(Bytes record) const;                         // prefix 0x00
  [[nodiscard]] Hash node(const Hash& left, const Hash& right) const;  // prefix 0x01
};

/// SHA-256 itself: what is renewed from.
const HashFunction& sha256_function();
/// "sha512-256" (FIPS 180-4 section 6.7) or "sha3-256" (FIPS 202). Null: not one of these. Thread:
/// any.
const HashFunction* find_renewing_function(std::string_view name);

}  // namespace varve::merkle
