// The two files that make a crash harmless: a spooled batch, which carries the input positions it
// consumed, and the state, which remembers what batches that were sent and removed had carried.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "tools/collect/position.h"

namespace varve::collect {

/// What the next batch of this source has to continue.
struct Chain {
  std::uint64_t next_batch = 0;
  std::uint64_t next_event = 0;
  Hash last_seal;  // leaf hash of the last seal; zeros before the first
  bool operator==(const Chain&) const = default;
};

/// DIR/state. As of some moment: every batch before `chain.next_batch` was durable then, and its
/// positions are in here; every batch before `next_to_send` has a receipt and needs no file.
struct State {
  Chain chain;
  std::uint64_t next_to_send = 0;
  std::uint64_t refused = 0;  // events that were too large; a record of each is in a batch
  std::vector<Position> positions;
  bool operator==(const State&) const = default;
};

/// DIR/spool/<sequence>.batch.
struct SpooledBatch {
  std::vector<Position> positions;  // of the inputs this batch took from, after it
  Buffer batch;                     // format/batch.h, sealed
  bool operator==(const SpooledBatch&) const = default;
};

// Both files, big-endian. Earlier formats are read and never written.
//   state                           spooled batch
//   "varve collect state 3\n"       "varve collect spool 2\n"
//   u64 next batch                  positions (position.h)
//   u64 next event                  u32 length of the batch, the batch
//   32  last seal
//   u64 next to send
//   u64 refused (from format 3 on)
//   positions (position.h)
//   32  SHA-256 of all before it    32  SHA-256 of all before it
Buffer encode_state(const State& state);
/// Errors: kCorrupt  not what encode_state wrote.  kIo  of a later format (later_format.h).
Result<State> decode_state(Bytes bytes);

Buffer encode_spooled(const SpooledBatch& spooled);
/// Errors: kCorrupt  not what encode_spooled wrote.  kIo  of a later format (later_format.h).
Result<SpooledBatch> decode_spooled(Bytes bytes);

}  // namespace varve::collect
