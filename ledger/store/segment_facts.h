// What is known about one segment beyond its bytes: where its frames and checkpoints are, which
// batches and requests it holds. In memory while the segment is open, in the catalogue and in
// appends/ once it is sealed; recovery makes it again by reading the segment.
#pragma once

#include <array>
#include <compare>
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

/// The first bytes of a SHA-256. Nobody finds another input with the bytes of one that is there
/// (2^96 tries); who makes both inputs himself (2^48) cheats nobody but himself.
struct Fingerprint {
  std::array<std::byte, 12> bytes{};
  auto operator<=>(const Fingerprint&) const = default;
};
Fingerprint fingerprint_of(const Hash& hash);

enum class AppendKind : std::uint8_t {
  kBatch = 1,    // that a source sealed
  kRequest = 2,  // that carried an Idempotency-Key
};

/// What an append is known by, so that a repetition is one.
struct AppendKey {
  AppendKind kind = AppendKind::kBatch;
  Fingerprint of;
  auto operator<=>(const AppendKey&) const = default;
};
AppendKey append_key(const BatchKey& batch);
/// `key` hashes the Idempotency-Key, who sent it and to which log.
AppendKey append_key(const Hash& key);

/// What tells a repetition from a contradiction, and where its records are.
struct AppendRow {
  Fingerprint content;  // of a batch its root, of a request the hash of it
  LeafIndex first;
  std::uint32_t count = 0;  // leaves; of a batch with its seal
  auto operator<=>(const AppendRow&) const = default;
};

struct SegmentRow {
  std::uint64_t ordinal = 0;
  LeafIndex first;
  LeafIndex end;
};

struct HashHash {
  std::size_t operator()(const Hash& h) const {
    std::size_t value = 0;
    std::memcpy(&value, h.bytes.data(), sizeof value);
    return value;
  }
};
struct HashAppendKey {
  std::size_t operator()(const AppendKey& key) const {
    std::size_t value = 0;
    std::memcpy(&value, key.of.bytes.data(), sizeof value);
    return value;
  }
};

struct SegmentFacts {
  SegmentRow row;
  std::vector<FrameRef> frames;
  std::vector<FrameRef> checkpoints;
  std::unordered_map<AppendKey, AppendRow, HashAppendKey> appends;
  bool disposed = false;  // read by its remains: its requests are gone with its events
};

}  // namespace varve::store
