// What may come next in the chain of batches that each source makes. These functions decide and do
// not word: the log answers a sender, recovery stops, an auditor names a finding, each in its own
// words.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/base/types.h"
#include "ledger/format/seal.h"

namespace varve::rules {

/// Where the chain of one source ends; the log's own too, which seals on others' behalf.
struct ChainEnd {
  std::uint64_t next_batch = 0;
  std::uint64_t next_event = 0;
  Hash last_seal;  // zeros: none yet
};

enum class ChainBreach : std::uint8_t {
  kThereAlready,  // a batch of this number came before
  kAhead,         // batches before it are missing
  kOtherChain,    // it names another seal as the one before it
  kOtherEvents,   // its first event's number is not the next one
};

/// Why the seal may not come next. Nothing: it may.
std::optional<ChainBreach> breach_of(const format::Seal& seal, const ChainEnd& end);
/// Where the chain ends with the seal, whose record has this leaf hash. Requires that it may come
/// next.
ChainEnd end_after(const format::Seal& seal, const Hash& leaf);

/// The events since the last seal: of one source and with numbers without a gap, or nothing but
/// tombstones. A batch is one piece in the log, so there is at most one.
class OpenBatch {
 public:
  /// As it was saved. `source` and `first_sequence` mean nothing of tombstones.
  static OpenBatch of(SourceId source, std::uint64_t first_sequence, std::uint64_t count,
                      bool is_destroyed);

  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  [[nodiscard]] bool is_destroyed() const { return is_destroyed_; }
  /// Of the first event. Of tombstones only the seal says whose they are, and which numbers.
  [[nodiscard]] SourceId source() const { return source_; }
  [[nodiscard]] std::uint64_t first_sequence() const { return first_sequence_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// Whether an event of this source may come next, whatever its number.
  [[nodiscard]] bool may_take(SourceId source) const;
  /// The number that the next event must have, where the chain of its source ends at `end`.
  [[nodiscard]] std::uint64_t next_sequence(const ChainEnd& end) const;
  /// Requires that it may come next, or that this is empty.
  void take(SourceId source, std::uint64_t sequence);
  /// Whether a tombstone may come next.
  [[nodiscard]] bool may_take_destroyed() const { return is_empty() || is_destroyed_; }
  void take_destroyed();
  /// Whether the seal is of these events, by source and numbers; its root is the caller's to
  /// compare.
  [[nodiscard]] bool is_sealed_by(const format::Seal& seal) const;

 private:
  SourceId source_;
  std::uint64_t first_sequence_ = 0;
  std::uint64_t count_ = 0;
  bool is_destroyed_ = false;
};

}  // namespace varve::rules
