// Unwrapped data keys in memory, a bounded number of them, in one piece of guarded memory. A
// segment has a key of its own, and a log has thousands of segments: each key in guarded memory of
// its own would use up the process's memory maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/secret.h"

namespace varve::store {

class KeyCache;

/// A data key that stays in its place for as long as this lives: hold it while it is used, no
/// longer.
class PinnedKey {
 public:
  PinnedKey(PinnedKey&& other) noexcept = default;
  PinnedKey& operator=(PinnedKey&& other) noexcept;
  ~PinnedKey();

  operator env::SecretView() const;  // NOLINT(*-explicit-*): a key is given where one is wanted
  [[nodiscard]] Bytes view() const { return env::SecretView(*this).view(); }

 private:
  friend class KeyCache;
  PinnedKey(std::shared_ptr<KeyCache> cache, std::size_t slot, Bytes key)
      : cache_(std::move(cache)), slot_(slot), key_(key) {}

  std::shared_ptr<KeyCache> cache_;  // null: moved away
  std::size_t slot_ = 0;
  Bytes key_;  // in the arena, which does not move: it is there before the first slot is
};

/// One for each log: whoever reads all of one log does not push out the keys of another.
///
/// The bound: a log that is sealed daily has 2,388 segments after six and a half years, so the keys
/// of eleven years fit, and readers of any record wait for the token once a segment. 4,096 keys are
/// 128 KiB, so eight logs lock 1 MiB of the 8 MiB that systems allow at the least. An audit or a
/// replay reads the segments in order and needs each key once, however few are kept.
///
/// Thread: any.
class KeyCache : public std::enable_shared_from_this<KeyCache> {
 public:
  static constexpr std::size_t kKeysKept = 4'096;

  static std::shared_ptr<KeyCache> of(std::size_t keys_max) {
    return std::shared_ptr<KeyCache>(new KeyCache(keys_max));
  }

  /// Nothing when it is not kept, or not any more.
  std::optional<PinnedKey> find(std::uint64_t ordinal);
  [[nodiscard]] bool has(std::uint64_t ordinal) const;
  /// Keeps a copy, in the place of the key that nobody uses and nobody asked for longest.
  /// Requires kDataKeySize bytes.
  /// Errors: kBusy  all of them are in use, or there is no guarded memory: nothing is kept.
  Result<PinnedKey> put(std::uint64_t ordinal, Bytes key);
  /// Returns when nobody uses them any more and they are wiped. Requires that none is put meanwhile, and
  /// that the caller holds none.
  void forget(const std::set<std::uint64_t>& ordinals);

 private:
  friend class PinnedKey;
  struct Slot {
    std::uint64_t ordinal = 0;
    std::uint64_t last_use = 0;  // 0: it is free
    std::uint32_t pins = 0;
    bool named = false;  // found by its ordinal; else it goes with its last pin
  };

  explicit KeyCache(std::size_t keys_max) : keys_max_(keys_max) {}
  PinnedKey pin(std::size_t slot) REQUIRES(mutex_);
  void unpin(std::size_t slot);
  void unname(std::size_t slot) REQUIRES(mutex_);
  void clear(std::size_t slot) REQUIRES(mutex_);
  Result<std::size_t> free_slot() REQUIRES(mutex_);
  [[nodiscard]] MutableBytes place_of(std::size_t slot) REQUIRES(mutex_);

  const std::size_t keys_max_;
  mutable Mutex mutex_;
  env::SecretBytes arena_ GUARDED_BY(mutex_);   // empty before the first key
  std::vector<Slot> slots_ GUARDED_BY(mutex_);  // as many as were ever in use
  std::map<std::uint64_t, std::size_t> by_ordinal_ GUARDED_BY(mutex_);
  std::uint64_t uses_ GUARDED_BY(mutex_) = 0;
  CondVar unpinned_;
};

}  // namespace varve::store
