// Blocks of rows by their tokens, and a directory in front of them.
#include "ledger/index/rows_file.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "ledger/base/check.h"
#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"

namespace varve::index {
namespace {

constexpr std::string_view kRowsTitle = "varve rows v1\n";
constexpr std::size_t kTokenBytes = 16;
constexpr std::size_t kBlockBytes = 32u << 10;  // from which on a block ends
constexpr std::size_t kSealBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kDirectoryEntryBytes = kTokenBytes + 4;
constexpr std::uint32_t kBlocksMax = 1u << 20;
constexpr unsigned kVarintBits = 7;

Hash rows_key(const format::MonthSecret& secret, const Hash& salt) {
  Buffer bytes;
  ByteWriter(bytes).text("varve rows key v1\n").hash(secret.secret).hash(salt);
  const Hash key = merkle::sha256(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

using SealNonce = std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;

SealNonce nonce_of_part(std::uint64_t number) {
  Buffer bytes;
  ByteWriter(bytes).u64(number);
  SealNonce nonce{};
  std::copy_n(u8(Bytes(bytes)), bytes.size(), nonce.begin());
  return nonce;
}

Buffer sealed(const Hash& key, std::uint64_t number, Bytes head, Bytes plain) {
  Buffer out(plain.size() + kSealBytes);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(u8(MutableBytes{out}), &size, u8(plain), plain.size(),
                                             u8(head), head.size(), nullptr,
                                             nonce_of_part(number).data(), u8(key.view()));
  return out;
}

Bytes token_of(const TermInput& term) {
  return term.view().first(kTokenBytes);
}

void write_varint(Buffer& out, std::uint64_t value) {
  ByteWriter to(out);
  for (; value >> kVarintBits != 0; value >>= kVarintBits)
    to.u8(static_cast<std::uint8_t>(value | 0x80U));
  to.u8(static_cast<std::uint8_t>(value));
}

std::uint64_t read_varint(ByteReader& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += kVarintBits) {
    const std::uint64_t byte = in.u8();
    value |= (byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) break;
  }
  return value;
}

void write_row(Buffer& out, Bytes token, std::uint64_t first,
               const std::vector<std::uint64_t>& records) {
  ByteWriter(out).bytes(token);
  write_varint(out, records.size());
  std::uint64_t before = first;
  for (const std::uint64_t record : records) {
    write_varint(out, record - before);
    before = record;
  }
}

Buffer head_bytes(const RowsOf& of, std::uint32_t blocks) {
  Buffer head;
  ByteWriter(head)
      .text(kRowsTitle)
      .u64(of.number)
      .u32(of.month)
      .u32(of.extractor)
      .u64(of.first.value)
      .u64(of.end.value)
      .u64(of.earliest_us)
      .u64(of.latest_us)
      .hash(of.salt)
      .u32(blocks);
  CHECK(head.size() == kRowsHeadSize);
  return head;
}

std::uint32_t blocks_of(Bytes head) {
  return ByteReader(head.last(4)).u32();
}

}  // namespace

Buffer encode_rows(const RowsOf& of, const format::MonthSecret& secret, const RowMap& rows) {
  CHECK(of.first < of.end && secret.month == of.month);
  std::vector<Buffer> blocks;
  std::vector<Bytes> firsts;
  for (const auto& [term, records] : rows) {
    if (blocks.empty() || blocks.back().size() >= kBlockBytes) {
      blocks.emplace_back();
      firsts.push_back(token_of(term));
    }
    write_row(blocks.back(), token_of(term), of.first.value, records);
  }
  const Hash key = rows_key(secret, of.salt);
  const Buffer head = head_bytes(of, static_cast<std::uint32_t>(blocks.size()));
  Buffer directory;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    ByteWriter(directory).bytes(firsts[i]).u32(
        static_cast<std::uint32_t>(blocks[i].size() + kSealBytes));
  Buffer out = head;
  append(out, sealed(key, 0, head, directory));
  for (std::size_t i = 0; i < blocks.size(); ++i) append(out, sealed(key, i + 1, head, blocks[i]));
  return out;
}

Result<RowsOf> parse_rows_head(Bytes head) {
  ByteReader in(head);
  const Bytes title = in.take(kRowsTitle.size());
  RowsOf of;
  of.number = in.u64();
  of.month = in.u32();
  of.extractor = in.u32();
  of.first.value = in.u64();
  of.end.value = in.u64();
  of.earliest_us = in.u64();
  of.latest_us = in.u64();
  of.salt = in.hash();
  const std::uint32_t blocks = in.u32();
  if (!in.at_end() || text_of(title) != kRowsTitle || of.end <= of.first || blocks > kBlocksMax)
    return invalid("not rows of an index, version 1");
  return of;
}

Result<RowsFile> RowsFile::open(Read from, const format::MonthSecret& secret) {
  Buffer head(kRowsHeadSize);
  RETURN_IF_ERROR(from(ByteOffset{0}, head));
  ASSIGN_OR_RETURN(const RowsOf of, parse_rows_head(head));
  if (of.month != secret.month) return corrupt("the rows are of another month");
  const std::uint32_t blocks = blocks_of(head);
  RowsFile file(std::move(from), std::move(head), of, rows_key(secret, of.salt));
  RETURN_IF_ERROR(file.read_directory(blocks));
  return file;
}

Result<void> RowsFile::read_directory(std::uint32_t count) {
  const std::uint64_t size = std::uint64_t{count} * kDirectoryEntryBytes + kSealBytes;
  ASSIGN_OR_RETURN(const Buffer directory, open_part(0, ByteOffset{kRowsHeadSize}, size));
  ByteReader in(directory);
  ByteOffset at{kRowsHeadSize + size};
  for (std::uint32_t i = 0; i < count; ++i) {
    Buffer first = to_buffer(in.take(kTokenBytes));
    const std::uint32_t length = in.u32();
    if (length < kSealBytes) return corrupt("a block of rows is too short");
    blocks_.push_back({at, length, std::move(first)});
    at.value += length;
  }
  return {};
}

Result<Buffer> RowsFile::open_part(std::uint64_t number, ByteOffset at, std::uint64_t size) const {
  Buffer bytes(size);
  RETURN_IF_ERROR(read_(at, bytes));
  Buffer plain(size - kSealBytes);
  unsigned long long length = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          u8(MutableBytes{plain}), &length, nullptr, u8(Bytes(bytes)), bytes.size(),
          u8(Bytes(head_)), head_.size(), nonce_of_part(number).data(), u8(key_.view())) != 0)
    return corrupt("rows of an index are damaged, or of another month's secret");
  return plain;
}

Result<std::vector<std::uint64_t>> RowsFile::find(const TermInput& term) const {
  const Bytes token = token_of(term);
  const auto is_less = [](Bytes a, Bytes b) { return std::ranges::lexicographical_compare(a, b); };
  std::vector<std::uint64_t> records;
  auto block = std::ranges::upper_bound(blocks_, token, is_less,
                                        [](const Block& b) { return Bytes(b.first); });
  if (block == blocks_.begin()) return records;
  --block;
  const auto number = static_cast<std::uint64_t>(block - blocks_.begin()) + 1;
  ASSIGN_OR_RETURN(const Buffer rows, open_part(number, block->at, block->size));
  for (ByteReader in(rows); !in.at_end();) {
    const bool is_it = std::ranges::equal(in.take(kTokenBytes), token);
    std::uint64_t record = of_.first.value;
    for (std::uint64_t left = read_varint(in); left > 0; --left) {
      record += read_varint(in);
      if (!in.ok() || record >= of_.end.value) return corrupt("a row of an index is none");
      if (is_it) records.push_back(record);
    }
    if (!in.ok()) return corrupt("a row of an index is none");
    if (is_it) break;
  }
  return records;
}

}  // namespace varve::index
