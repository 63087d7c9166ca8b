// Searching, checking and writing a file of appends/.
#include "ledger/store/append_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/codec.h"
#include "ledger/env/durable.h"
#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

constexpr std::string_view kMagicOfAppends = "VARVEAPP";
constexpr std::size_t kWriteAtOnce = 1u << 20;
constexpr std::uint32_t kCountMax = (1u << 24) - 1;

Hash check_of_block(const LeafGroup& group, std::uint64_t disposed, std::uint64_t number,
                    Bytes entries) {
  Buffer all;
  all.reserve(4 * sizeof(std::uint64_t) + entries.size());
  ByteWriter(all).u64(group.ordinal).u64(group.segments).u64(disposed).u64(number).bytes(entries);
  return merkle::sha256(all);
}

Buffer trailer_of(const LeafGroup& group, std::uint64_t disposed, std::uint64_t entries) {
  Buffer out;
  ByteWriter w(out);
  w.text(kMagicOfAppends).u64(kAppendFileVersion).u64(group.ordinal).u64(group.segments);
  w.u64(disposed).u64(entries);
  w.hash(merkle::sha256(out));
  return out;
}

AppendEntry decode_append(Bytes bytes, LeafIndex base) {
  ByteReader in(bytes);
  AppendEntry entry;
  std::ranges::copy(in.take(entry.key.of.bytes.size()), entry.key.of.bytes.begin());
  std::ranges::copy(in.take(entry.row.content.bytes.size()), entry.row.content.bytes.begin());
  entry.row.first = LeafIndex{base.value + in.u32()};
  const std::uint32_t last = in.u32();
  entry.key.kind = static_cast<AppendKind>(last >> 24);
  entry.row.count = last & kCountMax;
  return entry;
}

/// The first eight bytes, as a number: fingerprints are spread evenly over all numbers.
std::uint64_t place_of(Bytes fingerprint) {
  return ByteReader(fingerprint).u64();
}

/// Whether the first entry here is of a lesser fingerprint.
bool is_before(Bytes entries, const AppendKey& key) {
  return std::memcmp(entries.data(), key.of.bytes.data(), key.of.bytes.size()) < 0;
}

/// A guess at the block of a key between `low` and `high`, which have these places.
std::uint64_t guess(std::uint64_t wanted, std::uint64_t low, std::uint64_t high,
                    std::uint64_t low_place, std::uint64_t high_place) {
  if (wanted <= low_place || high_place <= low_place) return low;
  const auto share =
      static_cast<double>(wanted - low_place) / static_cast<double>(high_place - low_place);
  const auto ahead = static_cast<std::uint64_t>(share * static_cast<double>(high - low));
  return std::min(low + ahead, high - 1);
}

}  // namespace

std::string append_file_path(const LeafGroup& group) {
  return "appends/" + leaf_group_name(group);
}

Buffer encode_append(const AppendEntry& entry, LeafIndex base) {
  const std::uint64_t number = entry.row.first.value - base.value;
  CHECK(number <= 0xffffffffU && entry.row.count <= kCountMax);
  Buffer out;
  out.reserve(kAppendEntrySize);
  ByteWriter(out)
      .bytes(entry.key.of.bytes)
      .bytes(entry.row.content.bytes)
      .u32(static_cast<std::uint32_t>(number))
      .u32(std::uint32_t{static_cast<std::uint8_t>(entry.key.kind)} << 24 | entry.row.count);
  return out;
}

Result<std::shared_ptr<const AppendFile>> AppendFile::open(const env::Filesystem& files,
                                                           const LeafGroup& group) {
  ASSIGN_OR_RETURN(auto file, files.open_read(append_file_path(group)));
  auto self = std::shared_ptr<AppendFile>(new AppendFile(std::move(file), group));
  RETURN_IF_ERROR(self->read_trailer());
  return std::shared_ptr<const AppendFile>(std::move(self));
}

Error AppendFile::altered(const std::string& what) const {
  return corrupt(append_file_path(group_) + ": " + what +
                 ": delete the folder appends, it is made again at the next start");
}

Result<void> AppendFile::read_trailer() {
  ASSIGN_OR_RETURN(const ByteOffset size, file_->size());
  if (size.value < kAppendTrailerSize) return altered("it is cut short");
  Buffer bytes(kAppendTrailerSize);
  RETURN_IF_ERROR(file_->read(ByteOffset{size.value - bytes.size()}, bytes));
  ByteReader in(Bytes{bytes}.subspan(4 * sizeof(std::uint64_t)));
  disposed_ = in.u64();
  entries_ = in.u64();
  if (bytes != trailer_of(group_, disposed_, entries_))
    return altered("its last bytes are not those of this file");
  if (entries_ > size.value ||
      size.value != entries_ * kAppendEntrySize + blocks() * kHashSize + kAppendTrailerSize)
    return altered("it has another length than it says");
  return {};
}

/// Its entries, which are what was written.
Result<Buffer> AppendFile::read_block(std::uint64_t number) const {
  const std::uint64_t count =
      std::min<std::uint64_t>(kAppendBlockEntries, entries_ - number * kAppendBlockEntries);
  const std::uint64_t size = count * kAppendEntrySize;
  Buffer bytes(size + kHashSize);
  RETURN_IF_ERROR(file_->read(ByteOffset{number * kAppendBlockSize}, bytes));
  const Hash check = check_of_block(group_, disposed_, number, Bytes{bytes}.first(size));
  if (!std::ranges::equal(check.view(), Bytes{bytes}.subspan(size)))
    return altered("block " + std::to_string(number) + " was altered");
  bytes.resize(size);
  return bytes;
}

Result<std::vector<AppendEntry>> AppendFile::block(std::uint64_t number) const {
  ASSIGN_OR_RETURN(const Buffer bytes, read_block(number));
  std::vector<AppendEntry> out;
  out.reserve(kAppendBlockEntries);
  for (Bytes rest = bytes; !rest.empty(); rest = rest.subspan(kAppendEntrySize))
    out.push_back(decode_append(rest.first(kAppendEntrySize), group_.first));
  return out;
}

/// In the blocks [low, high) is the first entry of at least that key, or else none is. Every fourth
/// guess is the middle, whatever the fingerprints are.
Result<AppendRow> AppendFile::find(const AppendKey& key) const {
  std::uint64_t low = 0;
  std::uint64_t high = blocks();
  std::uint64_t low_place = 0;
  std::uint64_t high_place = ~std::uint64_t{0};
  for (unsigned tries = 0; low < high; ++tries) {
    const std::uint64_t at = tries % 4 == 3
                                 ? low + (high - low) / 2
                                 : guess(place_of(key.of.bytes), low, high, low_place, high_place);
    ASSIGN_OR_RETURN(const Buffer entries, read_block(at));
    const Bytes last = Bytes{entries}.last(kAppendEntrySize);
    if (is_before(last, key)) {
      low = at + 1;
      low_place = place_of(last);
      continue;
    }
    for (Bytes rest = entries; !rest.empty(); rest = rest.subspan(kAppendEntrySize)) {
      if (is_before(rest, key)) continue;
      const AppendEntry entry = decode_append(rest.first(kAppendEntrySize), group_.first);
      if (entry.key == key) return entry.row;
      if (entry.key.of != key.of) break;
    }
    if (is_before(entries, key)) break;
    high = at;
    high_place = place_of(entries);
  }
  return not_found("it was not appended");
}

Result<AppendFileWriter> AppendFileWriter::create(env::Filesystem& files, const LeafGroup& group,
                                                  std::uint64_t disposed) {
  ASSIGN_OR_RETURN(auto file, files.open_or_create(append_file_path(group) + ".tmp"));
  RETURN_IF_ERROR(file->truncate(ByteOffset{0}));
  return AppendFileWriter(files, std::move(file), group, disposed);
}

Result<void> AppendFileWriter::add(const AppendEntry& entry) {
  append(block_, encode_append(entry, group_.first));
  ++entries_;
  if (block_.size() < kAppendBlockEntries * kAppendEntrySize) return {};
  end_block();
  return buffer_.size() < kWriteAtOnce ? Result<void>() : flush();
}

void AppendFileWriter::end_block() {
  if (block_.empty()) return;
  append(buffer_, block_);
  append(buffer_, check_of_block(group_, disposed_, blocks_++, block_).view());
  block_.clear();
}

Result<void> AppendFileWriter::flush() {
  RETURN_IF_ERROR(file_->write(ByteOffset{written_}, buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> AppendFileWriter::finish() {
  end_block();
  append(buffer_, trailer_of(group_, disposed_, entries_));
  RETURN_IF_ERROR(flush());
  RETURN_IF_ERROR(file_->sync());
  return env::publish_temporary(*files_, append_file_path(group_));
}

}  // namespace varve::store
