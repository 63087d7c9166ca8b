// Seals: the payload of a batch-seal record, and what a source signs.
#include "ledger/format/seal.h"

#include <algorithm>
#include <limits>

#include "ledger/base/codec.h"
#include "ledger/format/batch.h"

namespace varve::format {
namespace {

bool is_sealer(std::uint8_t sealer) {
  return sealer == static_cast<std::uint8_t>(Sealer::kSource) ||
         sealer == static_cast<std::uint8_t>(Sealer::kLog);
}

Result<void> check_range(const Seal& seal) {
  if (seal.count == 0 || seal.count > kBatchRecordsMax)
    return invalid("a seal covers 1 to " + std::to_string(kBatchRecordsMax) + " events, not " +
                   std::to_string(seal.count));
  if (seal.first_sequence > std::numeric_limits<std::uint64_t>::max() - seal.count)
    return invalid("the seal's event sequence numbers run past 2^64");
  return {};
}

Buffer encode_payload(const Seal& seal) {
  Buffer payload;
  ByteWriter out(payload);
  out.u8(kSealVersion)
      .u8(static_cast<std::uint8_t>(seal.sealer))
      .u64(seal.first_sequence)
      .u32(seal.count)
      .hash(seal.previous)
      .hash(seal.root);
  if (seal.sealer == Sealer::kSource) out.bytes(seal.signature);
  return payload;
}

Result<Seal> decode_payload(const Record& record) {
  ByteReader in(record.payload);
  const std::uint8_t version = in.u8();
  const std::uint8_t sealer = in.u8();
  Seal seal{.source = record.source,
            .sequence = record.sequence,
            .time_us = record.time_us,
            .salt = record.salt,
            .first_sequence = in.u64(),
            .count = in.u32(),
            .previous = in.hash(),
            .root = in.hash()};
  if (!in.ok()) return invalid("the seal is cut short");
  if (version != kSealVersion)
    return invalid("seal version " + std::to_string(version) + " is not known");
  if (!is_sealer(sealer)) return invalid("sealer " + std::to_string(sealer) + " is not known");
  seal.sealer = static_cast<Sealer>(sealer);
  if (seal.sealer == Sealer::kSource)
    std::ranges::copy(in.take(kEd25519SignatureSize), seal.signature.begin());
  if (!in.at_end()) return invalid("the seal has the wrong size for its sealer");
  RETURN_IF_ERROR(check_range(seal));
  return seal;
}

}  // namespace

Result<Buffer> encode_seal(const Seal& seal) {
  RETURN_IF_ERROR(check_range(seal));
  const Buffer payload = encode_payload(seal);
  return encode_record({.kind = Kind::kBatchSeal,
                        .source = seal.source,
                        .sequence = seal.sequence,
                        .time_us = seal.time_us,
                        .salt = seal.salt,
                        .media_type = media_type_of(Kind::kBatchSeal),
                        .payload = payload});
}

Result<Seal> decode_seal(Bytes bytes) {
  ASSIGN_OR_RETURN(const Record record, decode_record(bytes));
  if (record.kind != Kind::kBatchSeal) return invalid("the record is not a batch seal");
  if (record.media_type != media_type_of(Kind::kBatchSeal))
    return invalid("the seal's media type is not " + std::string(media_type_of(Kind::kBatchSeal)));
  return decode_payload(record);
}

Result<Buffer> seal_message(const Seal& seal, std::string_view origin) {
  if (seal.sealer != Sealer::kSource) return invalid("a seal by the log itself is not signed");
  ASSIGN_OR_RETURN(const Buffer record, encode_seal(seal));
  Buffer message;
  ByteWriter(message)
      .text("varve seal v1\n")
      .text(origin)
      .text("\n")
      .bytes(Bytes{record}.first(record.size() - kEd25519SignatureSize));
  return message;
}

}  // namespace varve::format
