// Bounded big-endian reading and writing. Every decoder in the project reads through ByteReader:
// a read past the end is an Error, never an over-read, and nothing allocates by a length that
// was not checked against what is there.
#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve {

/// Reads `input` front to back. After the first failed read every later read fails too, so a
/// decoder may read a whole header and ask `ok()` once.
class ByteReader {
 public:
  explicit ByteReader(Bytes input) : rest_(input) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  Hash hash();
  Bytes take(std::size_t length);

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }
  [[nodiscard]] Bytes rest() const { return rest_; }

 private:
  std::uint64_t number(std::size_t width);

  Bytes rest_;
  bool ok_ = true;
};

/// Appends to `out`.
class ByteWriter {
 public:
  explicit ByteWriter(Buffer& out) : out_(out) {}

  ByteWriter& u8(std::uint8_t v) { return number(v, 1); }
  ByteWriter& u16(std::uint16_t v) { return number(v, 2); }
  ByteWriter& u32(std::uint32_t v) { return number(v, 4); }
  ByteWriter& u64(std::uint64_t v) { return number(v, 8); }
  ByteWriter& hash(const Hash& h) { return bytes(h.view()); }
  ByteWriter& bytes(Bytes b) {
    append(out_, b);
    return *this;
  }
  ByteWriter& text(std::string_view t) { return bytes(bytes_of(t)); }

 private:
  ByteWriter& number(std::uint64_t v, std::size_t width);

  Buffer& out_;
};

}  // namespace varve
