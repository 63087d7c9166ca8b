// Slots of one arena. What is evicted is zeroed before its place is used again.
#include "ledger/store/key_cache.h"

#include <algorithm>
#include <utility>

#include "ledger/store/frame_codec.h"

namespace varve::store {

PinnedKey& PinnedKey::operator=(PinnedKey&& other) noexcept {
  std::swap(cache_, other.cache_);
  std::swap(slot_, other.slot_);
  std::swap(key_, other.key_);
  return *this;
}

PinnedKey::~PinnedKey() {
  if (cache_) cache_->unpin(slot_);
}

PinnedKey::operator env::SecretView() const {
  CHECK(cache_ != nullptr);
  return env::SecretView(key_);
}

MutableBytes KeyCache::place_of(std::size_t slot) {
  return arena_.mutable_view().subspan(slot * kDataKeySize, kDataKeySize);
}

std::optional<PinnedKey> KeyCache::find(std::uint64_t ordinal) {
  const MutexLock lock(mutex_);
  const auto found = by_ordinal_.find(ordinal);
  if (found == by_ordinal_.end()) return std::nullopt;
  return pin(found->second);
}

bool KeyCache::has(std::uint64_t ordinal) const {
  const MutexLock lock(mutex_);
  return by_ordinal_.contains(ordinal);
}

Result<PinnedKey> KeyCache::put(std::uint64_t ordinal, Bytes key) {
  CHECK(key.size() == kDataKeySize);
  const MutexLock lock(mutex_);
  if (const auto old = by_ordinal_.find(ordinal); old != by_ordinal_.end()) unname(old->second);
  ASSIGN_OR_RETURN(const std::size_t slot, free_slot());
  std::ranges::copy(key, place_of(slot).begin());
  slots_[slot].ordinal = ordinal;
  slots_[slot].named = true;
  by_ordinal_[ordinal] = slot;
  return pin(slot);
}

PinnedKey KeyCache::pin(std::size_t slot) {
  ++slots_[slot].pins;
  slots_[slot].last_use = ++uses_;
  return {shared_from_this(), slot, place_of(slot)};
}

void KeyCache::unpin(std::size_t slot) {
  const MutexLock lock(mutex_);
  if (--slots_[slot].pins > 0) return;
  if (!slots_[slot].named) clear(slot);
  unpinned_.notify_all();
}

void KeyCache::forget(const std::set<std::uint64_t>& ordinals) {
  const MutexLock lock(mutex_);
  for (const std::uint64_t ordinal : ordinals)
    if (const auto found = by_ordinal_.find(ordinal); found != by_ordinal_.end())
      unname(found->second);
  const auto in_use = [&ordinals](const Slot& slot) {
    return slot.pins > 0 && ordinals.contains(slot.ordinal);
  };
  while (std::ranges::any_of(slots_, in_use)) unpinned_.wait(mutex_);
}

/// Nobody finds it any more; who uses it goes on.
void KeyCache::unname(std::size_t slot) {
  by_ordinal_.erase(slots_[slot].ordinal);
  slots_[slot].named = false;
  if (slots_[slot].pins == 0) clear(slot);
}

void KeyCache::clear(std::size_t slot) {
  env::wipe(place_of(slot));
  slots_[slot] = {};
}

/// To look at all of them takes microseconds, and the token took more to give the key.
Result<std::size_t> KeyCache::free_slot() {
  if (arena_.empty()) {
    ASSIGN_OR_RETURN(arena_, env::SecretBytes::of_size(keys_max_ * kDataKeySize));
  }
  const auto usable = [](const Slot& slot) { return slot.pins == 0; };
  const auto oldest = std::ranges::min_element(
      slots_, {}, [&](const Slot& slot) { return std::pair(!usable(slot), slot.last_use); });
  const bool may_grow = slots_.size() < keys_max_;
  const bool is_free = oldest != slots_.end() && usable(*oldest) && oldest->last_use == 0;
  if (may_grow && !is_free) {
    slots_.emplace_back();
    return slots_.size() - 1;
  }
  if (oldest == slots_.end() || !usable(*oldest))
    return busy("all data keys that may be in memory are in use");
  const auto slot = static_cast<std::size_t>(oldest - slots_.begin());
  if (oldest->named) unname(slot);
  return slot;
}

}  // namespace varve::store
