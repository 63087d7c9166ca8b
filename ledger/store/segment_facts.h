// What is known about one segment beyond its bytes: where its frames and checkpoints are, which
// batches and requests it holds. In memory while the segment is open, in the catalogue once it is
// sealed; recovery makes it again by reading the segment.
#pragma once

#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

struct BatchKey {
  SourceId source;
  std::uint64_t sequence = 0;
  auto operator<=>(const BatchKey&) const = default;
};

/// A batch that a source sealed: what tells a repetition from a contradiction.
struct BatchRow {
  LeafIndex first;
  std::uint32_t count = 0;  // leaves, the seal too
  Hash root;                // the seal's
};

/// A request that carried an idempotency key.
struct RequestRow {
  Hash content;
  LeafIndex first;
  std::uint32_t count = 0;
};

struct SegmentRow {
  std::uint64_t ordinal = 0;
  LeafIndex first;
  LeafIndex end;
};

struct HashBatchKey {
  std::size_t operator()(const BatchKey& k) const {
    return static_cast<std::size_t>(k.source.value ^ (k.sequence * 0x9e3779b97f4a7c15U));
  }
};
struct HashHash {
  std::size_t operator()(const Hash& h) const {
    std::size_t value = 0;
    std::memcpy(&value, h.bytes.data(), sizeof value);
    return value;
  }
};

struct SegmentFacts {
  SegmentRow row;
  std::vector<FrameRef> frames;
  std::vector<FrameRef> checkpoints;
  std::unordered_map<BatchKey, BatchRow, HashBatchKey> batches;
  std::unordered_map<Hash, RequestRow, HashHash> requests;
};

}  // namespace varve::store
