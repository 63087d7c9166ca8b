// Views and owners of raw bytes. One spelling of "some bytes" for the whole project, so that a
// length never travels without its pointer and text is only turned into bytes in named places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

using Bytes = std::span<const std::byte>;   // a view; does not own
using MutableBytes = std::span<std::byte>;  // a view to write into
using Buffer = std::vector<std::byte>;      // owns

inline Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// For C interfaces (OpenSSL, libsodium, PKCS#11) that want unsigned char.
inline const unsigned char* u8(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* u8(MutableBytes bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

inline void append(Buffer& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
inline Buffer to_buffer(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace varve
