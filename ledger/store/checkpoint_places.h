// Where the checkpoints of sealed segments lie. The catalogue knows of a segment's last one; its
// footer has them all.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// Keeps what the footers of the last few segments said. Thread: any.
class CheckpointPlaces {
 public:
  /// The first checkpoint of at least that size in the segment whose last one, `last`, has it.
  /// Errors: kCorrupt  its footer is damaged, or does not agree with `last`.  kIo.
  Result<CheckpointPlace> first_from(const env::Filesystem& files, const CheckpointPlace& last,
                                     TreeSize size);

 private:
  struct Footer {
    std::uint64_t ordinal = 0;
    std::vector<FrameRef> checkpoints;
  };
  Result<std::shared_ptr<const Footer>> footer(const env::Filesystem& files, std::uint64_t ordinal);

  Mutex mutex_;
  std::list<std::shared_ptr<const Footer>> footers_ GUARDED_BY(mutex_);  // newest first
};

}  // namespace varve::store
