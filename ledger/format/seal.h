// The seal of a batch: what makes each source a hash chain inside the log, so that a batch that
// was hidden, cut or reordered leaves a provable gap. docs/format/batch.md
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"

namespace varve::format {

// Payload of a kBatchSeal record, big-endian. The record's source and sequence are the sealer's id and
// the number of the batch. Version 1 is of one source:
//   off size field
//     0    1 version         1
//     1    1 sealer          see Sealer
//     2    8 first sequence  of the first event in the batch
//    10    4 count           events in the batch, 1 ... kBatchRecordsMax
//    14   32 previous        leaf hash of this source's previous seal; zeros in the first
//    46   32 root            Merkle root over the batch's event leaves
//    78   64 signature       Ed25519, of the source (sealer 1); absent for sealer 2
// Version 2 is by the log alone, and of the events of several sources, which stand in this order:
//     0    1 version         2
//     1    1 sealer          2
//     2   32 previous        leaf hash of the log's previous seal of either version
//    34   32 root            as above
//    66    2 sources         how many, 1 ... kSealRunsMax; then for each, by ascending id:
//    68    8   source        its id
//    76    8   first         sequence of its first event in the batch
//    84    4   count         of its events; at most kBatchRecordsMax in all
inline constexpr std::uint8_t kSealVersion = 1;
inline constexpr std::uint8_t kSealVersionNewest = 2;
inline constexpr std::size_t kSealRunsMax = 3000;  // the seal has to fit a record
inline constexpr std::size_t kSealUnsignedSize = 78;
inline constexpr std::size_t kEd25519SignatureSize = 64;

enum class Sealer : std::uint8_t {
  kSource = 1,  // the collector signed it with its own key
  kLog = 2,     // sealed on behalf of senders that cannot; the checkpoint's signature covers it
};

/// Events of one source, one behind the other in a batch.
struct SealedRun {
  SourceId source;
  std::uint64_t first_sequence = 0;
  std::uint32_t count = 0;
  bool operator==(const SealedRun&) const = default;
};

using Ed25519Signature = std::array<std::byte, kEd25519SignatureSize>;

struct Seal {
  Sealer sealer = Sealer::kSource;
  SourceId source;                   // in the record header
  std::uint64_t sequence = 0;        // in the record header: number of the batch, from 0
  std::uint64_t time_us = 0;         // in the record header: when it was sealed
  Salt salt{};                       // in the record header
  std::uint64_t first_sequence = 0;  // 0 in version 2
  std::uint32_t count = 0;           // in version 2: of all runs
  Hash previous;
  Hash root;
  Ed25519Signature signature{};      // zeros for Sealer::kLog
  std::vector<SealedRun> runs = {};  // of version 2; empty: it is of version 1

  /// What it covers, in the log's order, whatever its version.
  [[nodiscard]] std::vector<SealedRun> covered() const;
};

/// The whole record of the seal.
Result<Buffer> encode_seal(const Seal& seal);
/// `record` is a whole record. Errors: kInvalid  not a seal, or not as encode_seal writes it.
Result<Seal> decode_seal(Bytes record);

/// What the source signs: "varve seal v1\n" || origin || "\n" || the seal's record without the
/// signature. The origin binds the batch to one log, so that it cannot be replayed into another.
Result<Buffer> seal_message(const Seal& seal, std::string_view origin);

}  // namespace varve::format
