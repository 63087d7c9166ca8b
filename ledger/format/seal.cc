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

Result<void> check_runs(const Seal& seal) {
  if (seal.sealer != Sealer::kLog || seal.source != kLogItself || seal.first_sequence != 0)
    return invalid("only the log itself seals the events of several sources");
  if (seal.runs.size() > kSealRunsMax)
    return invalid("a seal covers events of at most " + std::to_string(kSealRunsMax) + " sources");
  std::uint64_t count = 0;
  const SealedRun* before = nullptr;
  for (const SealedRun& run : seal.runs) {
    if (run.count == 0) return invalid("the seal names a source without events");
    if (run.first_sequence > std::numeric_limits<std::uint64_t>::max() - run.count)
      return invalid("the seal's event sequence numbers run past 2^64");
    if (before != nullptr && run.source <= before->source)
      return invalid("the seal's sources are not in the order of their ids, each once");
    before = &run;
    count += run.count;
  }
  if (count != seal.count) return invalid("the seal's count is not that of its sources' events");
  return {};
}

Result<void> check_range(const Seal& seal) {
  if (!seal.runs.empty()) RETURN_IF_ERROR(check_runs(seal));
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
  if (!seal.runs.empty()) {
    out.u8(kSealVersionNewest).u8(static_cast<std::uint8_t>(seal.sealer));
    out.hash(seal.previous).hash(seal.root).u16(static_cast<std::uint16_t>(seal.runs.size()));
    for (const SealedRun& run : seal.runs)
      out.u64(run.source.value).u64(run.first_sequence).u32(run.count);
    return payload;
  }
  out.u8(kSealVersion)
      .u8(static_cast<std::uint8_t>(seal.sealer))
      .u64(seal.first_sequence)
      .u32(seal.count)
      .hash(seal.previous)
      .hash(seal.root);
  if (seal.sealer == Sealer::kSource) out.bytes(seal.signature);
  return payload;
}

void take_one_source(ByteReader& in, Seal& seal) {
  seal.first_sequence = in.u64();
  seal.count = in.u32();
  seal.previous = in.hash();
  seal.root = in.hash();
  if (seal.sealer == Sealer::kSource && in.ok())
    std::ranges::copy(in.take(kEd25519SignatureSize), seal.signature.begin());
}

void take_runs(ByteReader& in, Seal& seal) {
  seal.previous = in.hash();
  seal.root = in.hash();
  for (std::uint16_t left = in.u16(); left > 0 && in.ok(); --left) {
    seal.runs.push_back({SourceId{in.u64()}, in.u64(), in.u32()});
    seal.count += seal.runs.back().count;
  }
}

Result<Seal> decode_payload(const Record& record) {
  ByteReader in(record.payload);
  const std::uint8_t version = in.u8();
  const std::uint8_t sealer = in.u8();
  Seal seal;
  seal.source = record.source;
  seal.sequence = record.sequence;
  seal.time_us = record.time_us;
  seal.salt = record.salt;
  if (!in.ok()) return invalid("the seal is cut short");
  if (version == 0 || version > kSealVersionNewest)
    return invalid("seal version " + std::to_string(version) + " is not known");
  if (!is_sealer(sealer)) return invalid("sealer " + std::to_string(sealer) + " is not known");
  seal.sealer = static_cast<Sealer>(sealer);
  version == kSealVersion ? take_one_source(in, seal) : take_runs(in, seal);
  if (!in.ok()) return invalid("the seal is cut short");
  if (version == kSealVersionNewest && seal.runs.empty())
    return invalid("the seal names no source");
  if (!in.at_end()) return invalid("the seal has the wrong size for its sealer");
  RETURN_IF_ERROR(check_range(seal));
  return seal;
}

}  // namespace

std::vector<SealedRun> Seal::covered() const {
  if (!runs.empty()) return runs;
  return {{source, first_sequence, count}};
}

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
