// Sorting and searching the entries of a file of leaves/.
#include "ledger/store/leaf_lookup.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "ledger/base/codec.h"
#include "ledger/store/read_derived.h"

namespace varve::store {
namespace {

constexpr std::uint64_t kNumberMask = 0xffffffffU;
constexpr std::uint64_t kAtOnce = 32'768;  // leaves: 1 MiB of hashes

std::uint32_t prefix_of(Bytes hash) {
  return ByteReader(hash).u32();
}

/// The number whose bytes in memory are those of `v` in the file.
std::uint64_t as_stored(std::uint64_t v) {
  std::array<std::uint8_t, kLeafEntrySize> bytes{};
  for (std::size_t k = 0; k < bytes.size(); ++k)
    bytes[k] = static_cast<std::uint8_t>(v >> (8 * (bytes.size() - 1 - k)));
  return std::bit_cast<std::uint64_t>(bytes);
}

/// Calls `each` with the first bytes of every leaf's hash, in order.
template <class Each>
Result<void> for_each_prefix(const ReadLeaves& leaves, LeafIndex first, std::uint64_t count,
                             Each each) {
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t some = std::min(kAtOnce, count - done);
    ASSIGN_OR_RETURN(const Buffer hashes, leaves(LeafIndex{first.value + done}, some));
    for (std::uint64_t k = 0; k < some; ++k)
      each(prefix_of(Bytes{hashes}.subspan(k * kHashSize, kHashSize)));
    done += some;
  }
  return {};
}

/// The entries of a file, read by number.
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
    return read_derived(file_, ByteOffset{loaded_ * kLeafEntrySize}, window_);
  }

  const env::File& file_;
  std::uint64_t count_;
  std::uint64_t loaded_ = 0;
  Buffer window_;
};

/// Entries that come in order are each held against the leaf that they name.
class EntryCheck {
 public:
  explicit EntryCheck(const std::vector<std::uint32_t>& prefixes) : prefixes_(prefixes) {}

  /// Entries in the order of the file.
  bool accepts(Bytes entries) {
    const std::uint64_t count = entries.size() / kLeafEntrySize;
    for (std::uint64_t k = 0; k < count; ++k) {
      if (k + kAhead < count)
        __builtin_prefetch(prefixes_.data() + number_of(entry_at(entries, k + kAhead)));
      const std::uint64_t entry = entry_at(entries, k);
      if (entry < next_ || (entry & kNumberMask) >= prefixes_.size() ||
          prefixes_[entry & kNumberMask] != entry >> 32)
        return false;
      next_ = entry + 1;
    }
    return true;
  }

 private:
  static constexpr std::uint64_t kAhead = 16;  // leaves lie anywhere: the processor fetches some

  static std::uint64_t entry_at(Bytes entries, std::uint64_t k) {
    return ByteReader(entries.subspan(k * kLeafEntrySize)).u64();
  }
  [[nodiscard]] std::uint64_t number_of(std::uint64_t entry) const {
    return (entry & kNumberMask) % prefixes_.size();
  }

  const std::vector<std::uint32_t>& prefixes_;
  std::uint64_t next_ = 0;  // the least that may follow
};

}  // namespace

Result<LeafLookup> LeafLookup::of(const ReadLeaves& leaves, LeafIndex first, std::uint64_t count) {
  LeafLookup lookup;
  std::vector<std::uint64_t>& entries = lookup.entries_;
  entries.reserve(count);
  RETURN_IF_ERROR(for_each_prefix(leaves, first, count, [&entries](std::uint32_t prefix) {
    entries.push_back(std::uint64_t{prefix} << 32 | entries.size());
  }));
  std::ranges::sort(entries);
  for (std::uint64_t& entry : entries) entry = as_stored(entry);
  return lookup;
}

Bytes LeafLookup::bytes() const {
  return std::as_bytes(std::span(entries_));
}

/// As many entries as leaves, each of another leaf with the beginning of its hash, in order: there
/// is one such file only.
Result<bool> is_leaf_lookup_of(const env::File& file, const ReadLeaves& leaves, LeafIndex first,
                               std::uint64_t count) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  if (size.value != count * kLeafEntrySize) return false;
  std::vector<std::uint32_t> prefixes;
  prefixes.reserve(count);
  RETURN_IF_ERROR(for_each_prefix(
      leaves, first, count, [&prefixes](std::uint32_t prefix) { prefixes.push_back(prefix); }));
  EntryCheck check(prefixes);
  Buffer entries;
  for (std::uint64_t done = 0; done < count; done += entries.size() / kLeafEntrySize) {
    entries.resize(std::min(kAtOnce, count - done) * kLeafEntrySize);
    RETURN_IF_ERROR(read_derived(file, ByteOffset{done * kLeafEntrySize}, entries));
    if (!check.accepts(entries)) return false;
  }
  return true;
}

std::uint32_t leaf_prefix(const Hash& leaf) {
  return prefix_of(leaf.view());
}

Result<std::vector<LeafEntry>> look_up_leaf(const env::File& file, std::uint64_t count,
                                            const Hash& leaf) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  if (size.value != count * kLeafEntrySize)
    return corrupt("it has " + std::to_string(size.value) + " bytes instead of " +
                   std::to_string(count * kLeafEntrySize));
  Entries entries(file, count);
  const std::uint64_t wanted = std::uint64_t{leaf_prefix(leaf)} << 32;
  std::uint64_t low = 0;
  std::uint64_t high = count;
  while (low < high) {  // the first entry that is at least `wanted`
    const std::uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const std::uint64_t entry, entries.at(middle));
    if (entry < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  std::vector<LeafEntry> found;
  for (std::uint64_t k = low - std::min<std::uint64_t>(low, 1); k < count; ++k) {
    ASSIGN_OR_RETURN(const std::uint64_t entry, entries.at(k));
    found.push_back({static_cast<std::uint32_t>(entry >> 32), static_cast<std::uint32_t>(entry)});
    if (k >= low && entry >> 32 != wanted >> 32) break;
  }
  return found;
}

}  // namespace varve::store
