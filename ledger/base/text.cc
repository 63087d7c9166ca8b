// Canonical base64, hex and decimal.
#include "ledger/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace varve {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> digits_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}

constexpr auto kBase64Digit = digits_of(kAlphabet);
constexpr auto kHexDigit = digits_of(kHexDigits);

Result<Hash> exactly_a_hash(Result<Buffer> bytes) {
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() != kHashSize)
    return invalid("a hash is 32 bytes, not " + std::to_string(bytes->size()));
  Hash h;
  std::ranges::copy(*bytes, h.bytes.begin());
  return h;
}

}  // namespace

void append_base64(std::string& out, Bytes bytes) {
  const std::size_t before = out.size();
  out.resize(before + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + before;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size());
    auto group = std::to_integer<std::uint32_t>(bytes[0]) << 16;
    if (have > 1) group |= std::to_integer<std::uint32_t>(bytes[1]) << 8;
    if (have > 2) group |= std::to_integer<std::uint32_t>(bytes[2]);
    to[0] = kAlphabet[group >> 18];
    to[1] = kAlphabet[(group >> 12) & 63];
    if (have > 1) to[2] = kAlphabet[(group >> 6) & 63];
    if (have > 2) to[3] = kAlphabet[group & 63];
    to += 4;
  }
}

std::string base64(Bytes bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

Result<Buffer> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return invalid("base64 text is a multiple of 4 characters long");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  Buffer out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::uint32_t bits = 0;
  for (const char c : digits) {
    const std::uint8_t digit = kBase64Digit[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return invalid("not a base64 character");
    group = (group << 6) | digit;
    bits += 6;
    if (bits >= 8) out.push_back(static_cast<std::byte>(group >> (bits -= 8)));
  }
  if ((group & ((1U << bits) - 1)) != 0) return invalid("base64 text with stray bits at its end");
  return out;
}

Result<Hash> decode_base64_hash(std::string_view text) {
  return exactly_a_hash(decode_base64(text));
}

std::string hex(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out.push_back(kHexDigits[std::to_integer<std::size_t>(b >> 4)]);
    out.push_back(kHexDigits[std::to_integer<std::size_t>(b & std::byte{15})]);
  }
  return out;
}

Result<Buffer> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return invalid("hex text has an even number of digits");
  Buffer out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = kHexDigit[static_cast<unsigned char>(text[i])];
    const std::uint8_t low = kHexDigit[static_cast<unsigned char>(text[i + 1])];
    if (high == kNoDigit || low == kNoDigit) return invalid("not a lower-case hex digit");
    out.push_back(static_cast<std::byte>(high << 4 | low));
  }
  return out;
}

Result<Hash> decode_hex_hash(std::string_view text) {
  return exactly_a_hash(decode_hex(text));
}

Result<std::uint64_t> decode_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end)
    return invalid("not a decimal number below 2^64");
  if (text.size() > 1 && text.front() == '0') return invalid("a number has no leading zero");
  return value;
}

}  // namespace varve
