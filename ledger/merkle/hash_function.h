// Hash functions other than SHA-256, with which a renewal hashes a log when SHA-256 grows old. A
// log's own tree does not use them: C2SP's checkpoints and tiles demand SHA-256.
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

/// SHA-256 itself: the function that is renewed.
const HashFunction& sha256_function();
/// "sha512-256" (FIPS 180-4 section 6.7) or "sha3-256" (FIPS 202). Null: not one of these. Thread:
/// any.
const HashFunction* find_renewing_function(std::string_view name);

}  // namespace varve::merkle
