// Base64, hex and decimal: what is decoded is spelled exactly so.
#include "ledger/base/text.h"

#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto from_base64 = decode_base64(text_of(in));
  if (from_base64) CHECK(base64(*from_base64) == text_of(in));
  const auto from_hex = decode_hex(text_of(in));
  if (from_hex) CHECK(hex(*from_hex) == text_of(in));
  const auto number = decode_decimal(text_of(in));
  if (number) CHECK(std::to_string(*number) == text_of(in));
  return from_base64.has_value() || from_hex.has_value() || number.has_value();
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> texts;
  for (const char* text : {"", "AA==", "AAA=", "+/9/", "00ff", "0", "18446744073709551615"})
    texts.push_back(to_buffer(bytes_of(text)));
  return texts;
}

}  // namespace varve::fuzz
