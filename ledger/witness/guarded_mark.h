// The witness's high-water mark, and who else writes it. The state alone cannot tell that it was put back to an
// older copy, nor that another process cosigns from another copy with the same key.
#pragma once

#include "ledger/base/result.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/format/cosignature.h"
#include "ledger/store/witness_state.h"

namespace varve::witness {

/// Thread: one at a time.
class GuardedMark {
 public:
  /// `place`: null where no mark is kept. It outlives this.
  GuardedMark(env::HighWaterMark* place, const format::CosignerKey& key);

  /// Holds the state against the mark, then writes the mark: a place that cannot be written is noticed before
  /// anything is cosigned. The state remembers whether a mark is kept: a mark that was and is not there is an
  /// error, until the witness was opened without a place once.
  /// Errors: kWorm  the state is older than the mark, or another one; or the mark is gone.
  ///         As HighWaterMark::read and write, and WitnessState.
  Result<void> open(store::WitnessState& state);
  /// Before a transaction. Errors: kWorm  the place has another mark than was written last: another process
  ///         writes it, and then for ever; or it has none.  As HighWaterMark::read.
  Result<void> check();
  /// Behind a transaction. Errors: as HighWaterMark::write.
  Result<void> advance(const store::WitnessCount& count);

 private:
  [[nodiscard]] env::Mark mark_of(const store::WitnessCount& count) const;

  env::HighWaterMark* place_;
  Hash id_;            // of the key
  env::Mark written_;  // the last one of which it is known
  env::Mark tried_;    // a write that failed may have been done
  bool has_double_ = false;
};

}  // namespace varve::witness
