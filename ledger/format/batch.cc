// Sealed batches: splitting the bundle, and checking that it agrees with its own seal.
#include "ledger/format/batch.h"

#include "ledger/base/codec.h"
#include "ledger/format/heartbeat.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

Error wrong_entry(std::size_t i, std::string_view why) {
  return invalid("entry " + std::to_string(i) + " of the batch: " + std::string(why));
}

Result<void> check_event(Bytes bytes, std::size_t i, const Seal& seal) {
  const auto record = decode_record(bytes);
  if (!record) return wrong_entry(i, record.error().message);
  if (record->kind != Kind::kEvent && record->kind != Kind::kHeartbeat)
    return wrong_entry(i, "it is neither an event nor a heartbeat");
  if (record->kind == Kind::kHeartbeat)
    if (const auto heartbeat = decode_heartbeat(*record); !heartbeat)
      return wrong_entry(i, heartbeat.error().message);
  if (record->source != seal.source) return wrong_entry(i, "its source is not the seal's");
  if (record->sequence != seal.first_sequence + i)
    return wrong_entry(i, "its sequence number is " + std::to_string(record->sequence) +
                              " where the seal says " + std::to_string(seal.first_sequence + i));
  return {};
}

Result<Seal> decode_last(const std::vector<Bytes>& records) {
  if (records.size() < 2) return invalid("a batch is at least one event and its seal");
  const std::size_t last = records.size() - 1;
  const auto seal = decode_seal(records[last]);
  if (!seal) return wrong_entry(last, seal.error().message);
  if (seal->sealer != Sealer::kSource)
    return wrong_entry(last, "only the log itself seals as the log");
  if (seal->count != last)
    return wrong_entry(last, "the seal counts " + std::to_string(seal->count) +
                                 " events where the batch has " + std::to_string(last));
  return *seal;
}

}  // namespace

Result<std::vector<Bytes>> split_bundle(Bytes bundle, std::size_t most) {
  std::vector<Bytes> entries;
  ByteReader in(bundle);
  while (!in.at_end()) {
    if (entries.size() == most)
      return invalid("the bundle has more than " + std::to_string(most) + " entries");
    const Bytes entry = in.take(in.u16());
    if (!in.ok()) return wrong_entry(entries.size(), "it is cut short");
    entries.push_back(entry);
  }
  return entries;
}

void append_to_bundle(Buffer& bundle, Bytes entry) {
  CHECK(entry.size() <= kRecordMax);
  ByteWriter(bundle).u16(static_cast<std::uint16_t>(entry.size())).bytes(entry);
}

Result<SealedBatch> decode_batch(Buffer bytes) {
  if (bytes.size() > kBatchBytesMax)
    return invalid("a batch is at most " + std::to_string(kBatchBytesMax) + " bytes");
  SealedBatch batch;
  batch.bytes = std::move(bytes);
  ASSIGN_OR_RETURN(batch.records, split_bundle(batch.bytes, kBatchRecordsMax + 1));
  ASSIGN_OR_RETURN(batch.seal, decode_last(batch.records));
  const std::size_t events = batch.records.size() - 1;
  for (std::size_t i = 0; i < events; ++i)
    RETURN_IF_ERROR(check_event(batch.records[i], i, batch.seal));
  batch.leaves = merkle::leaf_hashes(batch.records);
  if (merkle::root_of(std::span{batch.leaves}.first(events)) != batch.seal.root)
    return wrong_entry(events, "the seal's root is not the root of the batch's events");
  return batch;
}

}  // namespace varve::format
