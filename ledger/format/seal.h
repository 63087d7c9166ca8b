// The seal of a batch: what makes each source a hash chain inside the log, so that a batch that
// was hidden, cut or reordered leaves a provable gap. docs/format/batch.md
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"

namespace varve::format {

// Payload of a kBatchSeal record, format 1, big-endian. The record's source and sequence are the
// sealer's id and the number of the batch.
//   off size field
//     0    1 version         1
//     1    1 sealer          see Sealer
//     2    8 first sequence  of the first event in the batch
//    10    4 count           events in the batch, 1 ... kBatchRecordsMax
//    14   32 previous        leaf hash of this source's previous seal; zeros in the first
//    46   32 root            Merkle root over the batch's event leaves
//    78   64 signature       Ed25519, of the source (sealer 1); absent for sealer 2
inline constexpr std::uint8_t kSealVersion = 1;
inline constexpr std::size_t kSealUnsignedSize = 78;
inline constexpr std::size_t kEd25519SignatureSize = 64;

enum class Sealer : std::uint8_t {
  kSource = 1,  // the collector signed it with its own key
  kLog = 2,     // sealed on behalf of senders that cannot; the checkpoint's signature covers it
};

using Ed25519Signature = std::array<std::byte, kEd25519SignatureSize>;

struct Seal {
  Sealer sealer = Sealer::kSource;
  SourceId source;             // in the record header
  std::uint64_t sequence = 0;  // in the record header: number of the batch, from 0
  std::uint64_t time_us = 0;   // in the record header: when it was sealed
  Salt salt{};                 // in the record header
  std::uint64_t first_sequence = 0;
  std::uint32_t count = 0;
  Hash previous;
  Hash root;
  Ed25519Signature signature{};  // zeros for Sealer::kLog
};

/// The whole record of the seal.
Result<Buffer> encode_seal(const Seal& seal);
/// `record` is a whole record. Errors: kInvalid  not a seal, or not as encode_seal writes it.
Result<Seal> decode_seal(Bytes record);

/// What the source signs: "varve seal v1\n" || origin || "\n" || the seal's record without the
/// signature. The origin binds the batch to one log, so that it cannot be replayed into another.
Result<Buffer> seal_message(const Seal& seal, std::string_view origin);

}  // namespace varve::format
