// A sealed batch on the wire: a C2SP entry bundle whose last entry is the seal.
// docs/format/batch.md
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/seal.h"

namespace varve::format {

inline constexpr std::string_view kBatchMediaType = "application/vnd.varve.batch";
inline constexpr std::uint32_t kBatchRecordsMax = 16'384;  // events, the seal not counted
inline constexpr std::size_t kBatchBytesMax = 16u * 1024u * 1024u;

/// Splits a C2SP entry bundle: each entry is preceded by its length as a big-endian u16.
/// Returns views. Errors: kInvalid  cut short, or more than `most` entries.
Result<std::vector<Bytes>> split_bundle(Bytes bundle, std::size_t most);
/// Appends one entry with its length. `entry` is at most kRecordMax bytes.
void append_to_bundle(Buffer& bundle, Bytes entry);

/// A batch that is whole and consistent in itself: every record decodes, all are events or
/// heartbeats of the seal's source with consecutive sequence numbers, and their Merkle root is the seal's.
/// Its signature, and its place in the source's chain, are the log's to check.
struct SealedBatch {
  Buffer bytes;                // as received
  std::vector<Bytes> records;  // views into `bytes`: the events, then the seal
  std::vector<Hash> leaves;    // leaf hash of each, in the same order
  Seal seal;

  SealedBatch() = default;
  SealedBatch(SealedBatch&&) = default;             // a moved vector keeps its storage, so the
  SealedBatch& operator=(SealedBatch&&) = default;  // views stay good; a copy's would not
  SealedBatch(const SealedBatch&) = delete;
  SealedBatch& operator=(const SealedBatch&) = delete;
};

/// Cost:   one hash per record and per node; allocates two vectors.
/// Errors: kInvalid  names the first entry that is wrong and why.
Result<SealedBatch> decode_batch(Buffer bytes);

}  // namespace varve::format
