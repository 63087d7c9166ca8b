// Bytes as text and back: base64, hex and decimal, each in one canonical spelling. A decoder
// refuses every other spelling of the same value, so that what was signed or hashed cannot be
// written in two ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve {

/// Standard alphabet with padding. Source: RFC 4648 section 4
std::string base64(Bytes bytes);
/// The same, behind what `out` holds.
void append_base64(std::string& out, Bytes bytes);
/// Errors: kInvalid  not base64, bits set in the last character that carry nothing, white space.
Result<Buffer> decode_base64(std::string_view text);
/// A base64 value of exactly 32 bytes.
Result<Hash> decode_base64_hash(std::string_view text);

/// Lower case, two digits a byte.
std::string hex(Bytes bytes);
/// Errors: kInvalid  odd length, or a character other than 0-9 a-f.
Result<Buffer> decode_hex(std::string_view text);
/// A hex value of exactly 32 bytes.
Result<Hash> decode_hex_hash(std::string_view text);

/// Digits only, no sign, no leading zero, at most 2^64 - 1.
Result<std::uint64_t> decode_decimal(std::string_view text);

}  // namespace varve
