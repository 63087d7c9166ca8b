// The few loops behind codec.h.
#include "ledger/base/codec.h"

#include <algorithm>

namespace varve {

std::uint64_t ByteReader::number(std::size_t width) {
  std::uint64_t v = 0;
  for (const std::byte b : take(width)) v = (v << 8) | std::to_integer<std::uint64_t>(b);
  return v;
}

Bytes ByteReader::take(std::size_t length) {
  if (!ok_ || length > rest_.size()) {
    ok_ = false;
    return {};
  }
  const Bytes taken = rest_.first(length);
  rest_ = rest_.subspan(length);
  return taken;
}

Hash ByteReader::hash() {
  Hash h;
  const Bytes taken = take(kHashSize);
  std::ranges::copy(taken, h.bytes.begin());
  return h;
}

ByteWriter& ByteWriter::number(std::uint64_t v, std::size_t width) {
  for (std::size_t shift = 8 * width; shift != 0; shift -= 8)
    out_.push_back(static_cast<std::byte>(v >> (shift - 8)));
  return *this;
}

}  // namespace varve
