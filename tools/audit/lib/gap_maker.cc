// What of a log belongs into a certificate, and its proof.
#include "tools/audit/lib/gap_maker.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "ledger/format/control.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/tile.h"

namespace varve::audit {
namespace {

/// A proof reads its hashes from left to right, so that the last tile of each level has most of them.
class LastTiles final : public merkle::TileSource {
 public:
  explicit LastTiles(const verify::LogSource& from) : from_(from) {}

  [[nodiscard]] Result<Buffer> tile(const merkle::TileId& id) const override {
    auto& [index, bytes] = last_[id.level];
    if (!bytes.empty() && index == id.index) return bytes;
    ASSIGN_OR_RETURN(bytes, from_.tile(id));
    index = id.index;
    return bytes;
  }

 private:
  const verify::LogSource& from_;
  mutable std::map<std::uint32_t, std::pair<std::uint64_t, Buffer>> last_;  // by level
};

bool is_about(const format::Record& record, std::string_view source) {
  const auto note = format::parse_note(text_of(record.payload));
  if (!note) return false;
  const auto event = format::parse_source_event(note->text);
  return event && event->key.name == source;
}

// A seal, as text with its share of the proof: what a certificate may hold of them stays below its bound.
constexpr std::size_t kSealTextMax = 1'200;
constexpr std::size_t kSealsMax = format::kGapCertificateMax / kSealTextMax;

}  // namespace

Result<GapMaker> GapMaker::of(GapRange range) {
  ASSIGN_OR_RETURN(const SourceId id, format::source_id(range.source));
  if (range.to < range.from) return invalid("--to is before --from");
  return GapMaker(std::move(range), id);
}

void GapMaker::see(LeafIndex index, Bytes entry) {
  if (format::is_tombstone(entry)) return;
  const auto record = format::decode_record(entry);
  if (!record) return;  // the audit says what is wrong with it
  if (record->kind == format::Kind::kSourceEvent && is_about(*record, range_.source))
    source_events_.push_back({index, to_buffer(entry)});
  if (record->source != id_) return;
  if (record->kind == format::Kind::kHeartbeat) heard_ = to_buffer(entry);
  if (record->kind == format::Kind::kBatchSeal) see_seal(index, entry);
}

void GapMaker::see_seal(LeafIndex index, Bytes bytes) {
  const Buffer heard = std::exchange(heard_, {});
  const auto seal = format::decode_seal(bytes);
  if (!seal || seal->first_sequence > range_.to ||
      seal->first_sequence + seal->count <= range_.from)
    return;
  if (seals_.size() == kSealsMax) {
    is_too_long_ = true;
    return;
  }
  last_event_ = seal->first_sequence + seal->count - 1;
  seals_.push_back({index, to_buffer(bytes)});
  if (!heard.empty() && seal->root == merkle::leaf_hash(heard)) heartbeats_.push_back(heard);
}

Result<format::GapCertificate> GapMaker::make(const format::SignedCheckpoint& in,
                                              const verify::LogSource& source) && {
  CHECK(!seals_.empty());
  if (is_too_long_)
    return invalid("one file holds " + std::to_string(kSealsMax) +
                   " batches at most, here up to event " + std::to_string(last_event_) +
                   ": make several, with --from and --to");
  format::GapCertificate made{
      range_.source, std::move(source_events_), std::move(heartbeats_), {}, in.note};
  std::erase_if(made.records, [&](const auto& event) { return event.index > seals_.back().index; });
  std::ranges::move(seals_, std::back_inserter(made.records));
  std::ranges::sort(made.records, {}, &format::GapCertificate::Entry::index);
  std::vector<LeafIndex> which;
  for (const auto& entry : made.records) which.push_back(entry.index);
  const LastTiles tiles(source);
  const merkle::TileHashReader hashes(in.checkpoint.size, tiles);
  ASSIGN_OR_RETURN(made.proof, merkle::prove_leaves(which, in.checkpoint.size, hashes));
  return made;
}

}  // namespace varve::audit
