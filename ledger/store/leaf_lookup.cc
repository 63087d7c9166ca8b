// Writing and searching leaves/<ordinal>.
#include "ledger/store/leaf_lookup.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/env/durable.h"

namespace varve::store {
namespace {

constexpr std::uint64_t kNumberMask = 0xffffffffU;

std::uint64_t prefix_of(Bytes hash) { return ByteReader(hash).u32(); }

/// The entries of the file, read by number.
class Entries {
 public:
  Entries(const env::File& file, std::uint64_t count) : file_(file), count_(count) {}

  Result<std::uint64_t> at(std::uint64_t number) {
    if (number < loaded_ || number >= loaded_ + window_.size() / kLeafEntrySize)
      RETURN_IF_ERROR(load(number));
    return ByteReader(Bytes{window_}.subspan((number - loaded_) * kLeafEntrySize)).u64();
  }

 private:
  static constexpr std::uint64_t kWindow = 512;

  Result<void> load(std::uint64_t number) {
    loaded_ = number - std::min(number, kWindow / 2);
    window_.resize(std::min(kWindow, count_ - loaded_) * kLeafEntrySize);
    return file_.read(ByteOffset{loaded_ * kLeafEntrySize}, window_);
  }

  const env::File& file_;
  std::uint64_t count_;
  std::uint64_t loaded_ = 0;
  Buffer window_;
};

}  // namespace

std::string leaf_lookup_path(std::uint64_t ordinal) { return "leaves/" + std::to_string(ordinal); }

Buffer encode_leaf_lookup(Bytes leaves) {
  std::vector<std::uint64_t> entries(leaves.size() / kHashSize);
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries[i] = prefix_of(leaves.subspan(i * kHashSize, kHashSize)) << 32 | i;
  std::ranges::sort(entries);
  Buffer bytes;
  bytes.reserve(entries.size() * kLeafEntrySize);
  ByteWriter out(bytes);
  for (const std::uint64_t entry : entries) out.u64(entry);
  return bytes;
}

/// As many entries as leaves, each of another leaf with the beginning of its hash, in order: there is
/// one such file only.
bool is_leaf_lookup_of(Bytes file, Bytes leaves) {
  const std::uint64_t count = leaves.size() / kHashSize;
  if (file.size() != count * kLeafEntrySize) return false;
  constexpr std::size_t kAhead = 16;  // the leaves lie anywhere: the processor fetches some at a time
  const auto entry_at = [file](std::uint64_t k) {
    return ByteReader(file.subspan(k * kLeafEntrySize)).u64();
  };
  std::uint64_t last = 0;
  for (std::uint64_t k = 0; k < count; ++k) {
    if (k + kAhead < count)
      __builtin_prefetch(leaves.data() + (entry_at(k + kAhead) & kNumberMask) % count * kHashSize);
    const std::uint64_t entry = entry_at(k);
    const std::uint64_t number = entry & kNumberMask;
    if (number >= count || (k != 0 && entry <= last)) return false;
    if (prefix_of(leaves.subspan(number * kHashSize, kHashSize)) != entry >> 32) return false;
    last = entry;
  }
  return true;
}

Result<void> write_leaf_lookup(env::Filesystem& files, std::uint64_t ordinal, Bytes leaves) {
  const Buffer bytes = encode_leaf_lookup(leaves);
  RETURN_IF_ERROR(files.make_directory("leaves"));
  return env::write_durably(files, leaf_lookup_path(ordinal), bytes);  // what is there is whole
}

Result<std::vector<std::uint32_t>> look_up_leaf(const env::Filesystem& files,
                                                std::uint64_t ordinal, const Hash& leaf) {
  ASSIGN_OR_RETURN(const auto file, files.open_read(leaf_lookup_path(ordinal)));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  const std::uint64_t count = size.value / kLeafEntrySize;
  Entries entries(*file, count);
  const std::uint64_t wanted = prefix_of(leaf.view()) << 32;
  std::uint64_t low = 0;
  std::uint64_t high = count;
  while (low < high) {  // the first entry that is at least `wanted`
    const std::uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const std::uint64_t entry, entries.at(middle));
    if (entry < wanted) low = middle + 1;
    else high = middle;
  }
  std::vector<std::uint32_t> found;
  for (; low < count; ++low) {
    ASSIGN_OR_RETURN(const std::uint64_t entry, entries.at(low));
    if (entry >> 32 != wanted >> 32) break;
    found.push_back(static_cast<std::uint32_t>(entry));
  }
  return found;
}

}  // namespace varve::store
