// zstd and AES-256-GCM (OpenSSL) for frames.
#include "ledger/store/frame_codec.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

constexpr int kZstdLevel = 1;
constexpr std::size_t kCompressFrom = 512;  // bytes; below it a frame gains nothing
constexpr std::size_t kNonceSize = 12;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* c) const { ::EVP_CIPHER_CTX_free(c); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* c) const { ::ZSTD_freeCCtx(c); }
};

std::array<unsigned char, kNonceSize> nonce_of(ByteOffset at) {
  std::array<unsigned char, kNonceSize> nonce{};
  for (std::size_t i = 0; i < 8; ++i)
    nonce[kNonceSize - 1 - i] = static_cast<unsigned char>(at.value >> (8 * i));
  return nonce;
}

std::size_t size_of(std::span<const Bytes> parts) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  return size;
}

/// The body as it is encrypted: compressed where that helps, else as it is.
struct Parts {
  std::vector<Bytes> parts;
  std::vector<Buffer> made;  // what is viewed and was compressed just now
  bool compressed = false;
};

Parts parts_of(std::span<const Piece> body) {
  std::vector<Bytes> plain;
  for (const Piece& piece : body) plain.emplace_back(piece.plain);
  const std::size_t size = size_of(plain);
  Parts out;
  if (size >= kCompressFrom) {
    out.made.reserve(body.size());
    for (const Piece& piece : body) {
      if (piece.compressed.empty()) out.made.push_back(compress(piece.plain));
      out.parts.emplace_back(piece.compressed.empty() ? out.made.back() : piece.compressed);
    }
    out.compressed = size_of(out.parts) < size;
  }
  if (!out.compressed) out.parts = std::move(plain);
  return out;
}

Result<Buffer> decompress(Bytes compressed, std::size_t length) {
  Buffer out(length);
  const std::size_t n =
      ::ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size());
  if (::ZSTD_isError(n) != 0 || n != length) return corrupt("frame cannot be decompressed");
  return out;
}

void encrypt(std::span<const Bytes> parts, Bytes associated, env::SecretView key, ByteOffset at,
             MutableBytes out) {
  const Cipher cipher(::EVP_CIPHER_CTX_new());
  const auto nonce = nonce_of(at);
  int n = 0;
  CHECK(::EVP_EncryptInit_ex(cipher.get(), ::EVP_aes_256_gcm(), nullptr, u8(key.view()),
                             nonce.data()) == 1);
  CHECK(::EVP_EncryptUpdate(cipher.get(), nullptr, &n, u8(associated),
                            static_cast<int>(associated.size())) == 1);
  for (const Bytes part : parts) {
    const auto length = static_cast<int>(part.size());
    CHECK(::EVP_EncryptUpdate(cipher.get(), u8(out), &n, u8(part), length) == 1);
    CHECK(n == length);
    out = out.subspan(part.size());
  }
  CHECK(::EVP_EncryptFinal_ex(cipher.get(), u8(out), &n) == 1);
  CHECK(::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, out.data()) == 1);
}

Result<Buffer> decrypt(Bytes stored, Bytes associated, env::SecretView key, ByteOffset at) {
  if (stored.size() < kTagSize) return corrupt("frame is shorter than its tag");
  const Cipher cipher(::EVP_CIPHER_CTX_new());
  const auto nonce = nonce_of(at);
  const Bytes text = stored.first(stored.size() - kTagSize);
  std::array<std::byte, kTagSize> tag{};
  std::ranges::copy(stored.last(kTagSize), tag.begin());
  Buffer out(text.size());
  int n = 0;
  CHECK(::EVP_DecryptInit_ex(cipher.get(), ::EVP_aes_256_gcm(), nullptr, u8(key.view()),
                             nonce.data()) == 1);
  CHECK(::EVP_DecryptUpdate(cipher.get(), nullptr, &n, u8(associated),
                            static_cast<int>(associated.size())) == 1);
  CHECK(::EVP_DecryptUpdate(cipher.get(), u8(MutableBytes{out}), &n, u8(text),
                            static_cast<int>(text.size())) == 1);
  CHECK(::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1);
  if (::EVP_DecryptFinal_ex(cipher.get(), u8(MutableBytes{out}) + n, &n) != 1)
    return corrupt("frame cannot be decrypted: altered, moved, or under another key");
  return out;
}

Hash plain_tag(Bytes frame_header, Bytes body) {
  Buffer both = to_buffer(frame_header);
  append(both, body);
  return merkle::sha256(both);
}

}  // namespace

Buffer compress(Bytes plain) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(::ZSTD_createCCtx());
  const std::size_t most = ::ZSTD_compressBound(plain.size());
  const auto out = std::make_unique_for_overwrite<std::byte[]>(most);
  const std::size_t n =
      ::ZSTD_compressCCtx(context.get(), out.get(), most, plain.data(), plain.size(), kZstdLevel);
  CHECK(::ZSTD_isError(n) == 0);  // it fails for want of room or memory only
  return {out.get(), out.get() + n};
}

EncodedFrame seal_records(FrameHeader header, std::span<const Piece> body, env::SecretView data_key,
                          ByteOffset at) {
  CHECK(data_key.view().size() == kDataKeySize);
  const Parts encrypted = parts_of(body);
  std::size_t length = 0;
  for (const Piece& piece : body) length += piece.plain.size();
  header.type = FrameType::kRecords;
  header.compressed = encrypted.compressed;
  header.body_length = static_cast<std::uint32_t>(length);
  header.stored_length = static_cast<std::uint32_t>(size_of(encrypted.parts) + kTagSize);
  CHECK(header.stored_length <= kFrameStoredMax);
  EncodedFrame frame{encode_frame_header(header)};
  frame.bytes.resize(kFrameHeaderSize + header.stored_length);
  encrypt(encrypted.parts, frame.header(), data_key, at,
          MutableBytes{frame.bytes}.subspan(kFrameHeaderSize));
  return frame;
}

EncodedFrame plain_frame(FrameHeader header, Bytes body) {
  CHECK(body.size() + kTagSize <= kFrameStoredMax);
  header.compressed = false;
  header.body_length = static_cast<std::uint32_t>(body.size());
  header.stored_length = static_cast<std::uint32_t>(body.size() + kTagSize);
  EncodedFrame frame{encode_frame_header(header)};
  const Hash tag = plain_tag(frame.bytes, body);
  append(frame.bytes, body);
  append(frame.bytes, tag.view().first(kTagSize));
  return frame;
}

Result<Bytes> open_plain(Bytes header_bytes, Bytes stored) {
  if (stored.size() < kTagSize) return corrupt("frame is shorter than its tag");
  const Bytes body = stored.first(stored.size() - kTagSize);
  const Hash tag = plain_tag(header_bytes, body);
  if (!std::ranges::equal(tag.view().first(kTagSize), stored.last(kTagSize)))
    return corrupt("frame is torn or altered");
  return body;
}

Result<Buffer> open_records(const FrameHeader& header, Bytes header_bytes, Bytes stored,
                            env::SecretView data_key, ByteOffset at) {
  ASSIGN_OR_RETURN(Buffer plain, decrypt(stored, header_bytes, data_key, at));
  if (header.compressed) return decompress(plain, header.body_length);
  if (plain.size() != header.body_length) return corrupt("frame body has the wrong length");
  return plain;
}

}  // namespace varve::store
