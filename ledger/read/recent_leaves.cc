// A table that grows by doubling.
#include "ledger/read/recent_leaves.h"

#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"

namespace varve::read {
namespace {

constexpr std::uint64_t kReadAtOnce = 32'768;  // hashes: 1 MiB
constexpr std::size_t kSlotsFirst = 1024;

std::uint64_t prefix_of(const Hash& leaf) {
  return ByteReader(leaf.view()).u32();
}

/// At most half of the slots are in use, so there is an empty one.
void put(std::vector<std::uint64_t>& slots, std::uint64_t entry) {
  std::size_t at = (entry >> 32) & (slots.size() - 1);
  while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
  slots[at] = entry;
}

}  // namespace

void RecentLeaves::forget(TreeSize from) {
  from_ = from;
  count_ = 0;
  slots_.assign(kSlotsFirst, 0);
}

void RecentLeaves::add(const Hash& leaf) {
  if (2 * (count_ + 1) > slots_.size()) {
    std::vector<std::uint64_t> larger(2 * slots_.size());
    for (const std::uint64_t entry : slots_)
      if (entry != 0) put(larger, entry);
    slots_ = std::move(larger);
  }
  put(slots_, prefix_of(leaf) << 32 | ++count_);
}

Result<void> RecentLeaves::read_up_to(TreeSize to) {
  for (std::uint64_t next = from_.value + count_; next < to.value; next = from_.value + count_) {
    const std::uint64_t some = std::min(kReadAtOnce, to.value - next);
    ASSIGN_OR_RETURN(const Buffer bytes, hashes_.leaves(LeafIndex{next}, some));
    for (ByteReader in(bytes); !in.at_end();) add(in.hash());
  }
  return {};
}

Result<std::optional<LeafIndex>> RecentLeaves::find(const Hash& leaf, TreeSize from, TreeSize to) {
  const MutexLock lock(mutex_);
  if (slots_.empty() || from != from_) forget(from);
  RETURN_IF_ERROR(read_up_to(to));
  const std::uint64_t wanted = prefix_of(leaf);
  for (std::size_t at = wanted & (slots_.size() - 1); slots_[at] != 0;
       at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] >> 32 != wanted) continue;
    const LeafIndex i{from_.value + (slots_[at] & 0xffffffffU) - 1};
    ASSIGN_OR_RETURN(const Hash stored, hashes_.node({0, i.value}));
    if (stored == leaf && contains(to, i)) return std::optional(i);
  }
  return std::optional<LeafIndex>{};
}

}  // namespace varve::read
