// Searching, checking and writing a file of appends/.
#include "ledger/store/append_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/codec.h"
#include "ledger/env/durable.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/read_derived.h"

namespace varve::store {
namespace {

constexpr std::string_view kMagicOfAppends = "VARVEAPP";
constexpr std::size_t kWriteAtOnce = 1u << 20;
constexpr std::uint32_t kCountMax = (1u << 24) - 1;

void write_ordinals(const AppendsOf& of, Buffer& out) {
  ByteWriter w(out);
  for (const std::uint64_t ordinal : of.disposed) w.u64(ordinal);
}

/// Of the file that these entries belong to: a block of another file has another check.
Hash identity_of(const AppendsOf& of) {
  Buffer all;
  ByteWriter(all).u64(of.group.ordinal).u64(of.group.segments).hash(of.root);
  write_ordinals(of, all);
  return merkle::sha256(all);
}

Hash check_of_block(const Hash& identity, std::uint64_t number, Bytes entries) {
  Buffer all;
  all.reserve(kHashSize + sizeof number + entries.size());
  ByteWriter(all).hash(identity).u64(number).bytes(entries);
  return merkle::sha256(all);
}

/// What follows the blocks: the disposed ordinals and the last bytes.
Buffer ending_of(const AppendsOf& of, std::uint64_t entries) {
  Buffer out;
  write_ordinals(of, out);
  ByteWriter w(out);
  w.text(kMagicOfAppends).u64(kAppendFileVersion).u64(of.group.ordinal).u64(of.group.segments);
  w.hash(of.root).u64(of.disposed.size()).u64(entries);
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
  return corrupt(append_file_path(of_.group) + ": " + what +
                 ": delete the folder appends, it is made again at the next start");
}

bool AppendFile::has_disposed(std::uint64_t ordinal) const {
  return std::ranges::binary_search(of_.disposed, ordinal);
}

Result<void> AppendFile::read_bytes(std::uint64_t at, MutableBytes out) const {
  auto read = read_derived(*file_, ByteOffset{at}, out);
  if (read || read.error().code != Code::kCorrupt) return read;
  return altered("it cannot be read (" + read.error().message + ")");
}

Result<void> AppendFile::read_trailer() {
  ASSIGN_OR_RETURN(const ByteOffset size, file_->size());
  if (size.value < kAppendTrailerSize) return altered("it is cut short");
  Buffer trailer(kAppendTrailerSize);
  RETURN_IF_ERROR(read_bytes(size.value - trailer.size(), trailer));
  ByteReader in(Bytes{trailer}.subspan(4 * sizeof(std::uint64_t)));
  of_.root = in.hash();
  const std::uint64_t disposed = in.u64();
  entries_ = in.u64();
  const std::uint64_t ordinals_size = disposed * sizeof(std::uint64_t);
  if (disposed > of_.group.segments || entries_ > size.value ||
      size.value !=
          entries_ * kAppendEntrySize + blocks() * kHashSize + ordinals_size + kAppendTrailerSize)
    return altered("it is not of this version, or has another length than it says");
  Buffer ending(ordinals_size + kAppendTrailerSize);
  RETURN_IF_ERROR(read_bytes(size.value - ending.size(), ending));
  for (ByteReader ordinals(Bytes{ending}.first(ordinals_size)); !ordinals.at_end();)
    of_.disposed.push_back(ordinals.u64());
  if (ending != ending_of(of_, entries_))
    return altered("its last bytes are not those of this file");
  identity_ = identity_of(of_);
  return {};
}

/// Its entries, which are what was written.
Result<Buffer> AppendFile::read_block(std::uint64_t number) const {
  const std::uint64_t count =
      std::min<std::uint64_t>(kAppendBlockEntries, entries_ - number * kAppendBlockEntries);
  const std::uint64_t size = count * kAppendEntrySize;
  Buffer bytes(size + kHashSize);
  RETURN_IF_ERROR(read_bytes(number * kAppendBlockSize, bytes));
  const Hash check = check_of_block(identity_, number, Bytes{bytes}.first(size));
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
    out.push_back(decode_append(rest.first(kAppendEntrySize), of_.group.first));
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
      const AppendEntry entry = decode_append(rest.first(kAppendEntrySize), of_.group.first);
      if (entry.key == key) return entry.row;
      if (entry.key.of != key.of) break;
    }
    if (is_before(entries, key)) break;
    high = at;
    high_place = place_of(entries);
  }
  return not_found("it was not appended");
}

AppendFileWriter::AppendFileWriter(env::Filesystem& files, std::unique_ptr<env::File> file,
                                   AppendsOf of)
    : files_(&files), file_(std::move(file)), of_(std::move(of)), identity_(identity_of(of_)) {}

Result<AppendFileWriter> AppendFileWriter::create(env::Filesystem& files, AppendsOf of) {
  ASSIGN_OR_RETURN(auto file, env::create_temporary(files, append_file_path(of.group)));
  return AppendFileWriter(files, std::move(file), std::move(of));
}

Result<void> AppendFileWriter::add(const AppendEntry& entry) {
  append(block_, encode_append(entry, of_.group.first));
  ++entries_;
  if (block_.size() < kAppendBlockEntries * kAppendEntrySize) return {};
  end_block();
  return buffer_.size() < kWriteAtOnce ? Result<void>() : flush();
}

void AppendFileWriter::end_block() {
  if (block_.empty()) return;
  append(buffer_, block_);
  append(buffer_, check_of_block(identity_, blocks_++, block_).view());
  block_.clear();
}

/// Synced now and then: gigabytes at once would hold the disk for as long as they take.
Result<void> AppendFileWriter::flush() {
  RETURN_IF_ERROR(file_->write(ByteOffset{written_}, buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  if (written_ - synced_ < env::kSyncedAtOnce) return {};
  synced_ = written_;
  return file_->sync();
}

Result<void> AppendFileWriter::finish() {
  end_block();
  append(buffer_, ending_of(of_, entries_));
  RETURN_IF_ERROR(flush());
  RETURN_IF_ERROR(file_->sync());
  return env::publish_temporary(*files_, append_file_path(of_.group));
}

}  // namespace varve::store
