// docs/format/batch.md, as decisions.
#include "ledger/rules/source_chain.h"

#include "ledger/base/check.h"

namespace varve::rules {

std::optional<ChainBreach> breach_of(const format::Seal& seal, const ChainEnd& end) {
  if (seal.sequence < end.next_batch) return ChainBreach::kThereAlready;
  if (seal.sequence > end.next_batch) return ChainBreach::kAhead;
  if (seal.previous != end.last_seal) return ChainBreach::kOtherChain;
  if (seal.first_sequence != end.next_event) return ChainBreach::kOtherEvents;
  return std::nullopt;
}

ChainEnd end_after(const format::Seal& seal, const Hash& leaf) {
  return {seal.sequence + 1, seal.first_sequence + seal.count, leaf};
}

OpenBatch OpenBatch::of(SourceId source, std::uint64_t first_sequence, std::uint64_t count,
                        bool is_destroyed) {
  OpenBatch batch;
  batch.source_ = source;
  batch.first_sequence_ = first_sequence;
  batch.count_ = count;
  batch.is_destroyed_ = is_destroyed;
  return batch;
}

bool OpenBatch::may_take(SourceId source) const {
  return is_empty() || (!is_destroyed_ && source == source_);
}

std::uint64_t OpenBatch::next_sequence(const ChainEnd& end) const {
  return is_empty() ? end.next_event : first_sequence_ + count_;
}

void OpenBatch::take(SourceId source, std::uint64_t sequence) {
  CHECK(may_take(source));
  if (is_empty()) {
    source_ = source;
    first_sequence_ = sequence;
  }
  ++count_;
}

void OpenBatch::take_destroyed() {
  CHECK(may_take_destroyed());
  is_destroyed_ = true;
  ++count_;
}

bool OpenBatch::is_sealed_by(const format::Seal& seal) const {
  if (is_empty() || seal.count != count_) return false;
  return is_destroyed_ || (seal.source == source_ && seal.first_sequence == first_sequence_);
}

}  // namespace varve::rules
