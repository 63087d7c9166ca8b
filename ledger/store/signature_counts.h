// How often each key was asked for a signature, as the file `signatures` of a store says it.
// docs/format/signatures.md
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::store {

inline constexpr const char* kSignaturesPath = "signatures";
inline constexpr std::size_t kSignaturesMax = 1u << 20;  // thousands of keys

/// By public key.
using SignatureCounts = std::map<Buffer, std::uint64_t>;

std::string encode_signature_counts(const SignatureCounts& counts);
/// Errors: kCorrupt  not exactly such a text.
Result<SignatureCounts> decode_signature_counts(std::string_view text);

}  // namespace varve::store
