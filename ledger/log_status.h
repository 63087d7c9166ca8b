// What a log says of itself: part of ledger.h, which includes it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/format/note.h"

namespace varve {

enum class LogState : std::uint8_t {
  kServing,
  kSignerDown,  // appends get kBusy, reads go on; it comes back by itself
  kFaulted,     // the disk failed: appends get kIo, reads go on; only a restart recovers
  kStopped,
};

/// What re-reading sealed data has come to.
struct ScrubStatus {
  std::uint64_t finished_us = 0;     // when all of it was last read, since 1970 UTC; 0: never
  std::uint64_t due_us = 0;          // when all of it should have been read again; 0: it never is
  std::uint64_t bytes = 0;           // read since start
  std::vector<std::string> damaged;  // files of the store that are, as far as is known
};

struct LogStatus {
  LogState state = LogState::kServing;
  std::string reason;  // why it is not serving
  std::uint64_t queued_bytes = 0;
  std::uint64_t queue_bytes_max = 0;     // beyond it appends get kBusy
  std::uint64_t groups = 0;              // commits since start
  std::uint64_t records = 0;             // appended since start
  std::uint64_t signatures = 0;          // asked of the token since start
  std::uint64_t signature_failures = 0;  // checkpoints since start that it did not sign
  std::vector<std::pair<format::VerifierKey, std::uint64_t>> signatures_ever = {};  // by key, see
      // SignatureCount
  std::uint64_t segments = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t reserve_bytes = 0;     // of them kept free: below it appends get kFull
  std::uint64_t mutable_segments = 0;  // sealed since start, but the immutable flag did not take
  std::string clock = {};              // what is wrong with the clock; empty: nothing that is known
  std::int64_t clock_drift_us = 0;     // by which the clock is ahead of the compliance clock
  TreeSize mark;                       // the high-water mark that was last written; 0: none yet
  std::uint64_t mark_failures = 0;     // writes of it that failed since start
  ScrubStatus scrub;
};

}  // namespace varve
