// docs/format/batch.md, as decisions.
#include "ledger/rules/source_chain.h"

#include <utility>

#include "ledger/base/check.h"

namespace varve::rules {
namespace {

std::optional<SealBreach> breach_of_run(const format::SealedRun& run, format::Sealer sealer,
                                        const std::optional<KnownSource>& source) {
  if (!source) return SealBreach{ChainBreach::kUnregistered, run.source};
  if (source->sealer != sealer) return SealBreach{ChainBreach::kOtherSealer, run.source};
  if (run.first_sequence == source->end.next_event) return std::nullopt;
  return SealBreach{ChainBreach::kOtherEvents, run.source, run.first_sequence,
                    source->end.next_event};
}

}  // namespace

std::optional<SealBreach> breach_of(const format::Seal& seal, const SourceOf& source_of) {
  const auto by = source_of(seal.source);
  if (!by) return SealBreach{ChainBreach::kUnregistered, seal.source};
  const ChainEnd& end = by->end;
  if (seal.sequence != end.next_batch)
    return SealBreach{
        seal.sequence < end.next_batch ? ChainBreach::kThereAlready : ChainBreach::kAhead,
        seal.source, seal.sequence, end.next_batch};
  if (seal.previous != end.last_seal) return SealBreach{ChainBreach::kOtherChain, seal.source};
  // What the log seals is of its own chain, whoever sent it.
  if (seal.sealer == format::Sealer::kLog && seal.source != format::kLogItself)
    return SealBreach{ChainBreach::kOtherSealer, seal.source};
  for (const format::SealedRun& run : seal.covered())
    if (auto breach = breach_of_run(run, seal.sealer, source_of(run.source))) return breach;
  return std::nullopt;
}

void advance(const format::Seal& seal, const Hash& leaf,
             const std::function<ChainEnd&(SourceId)>& end_of) {
  ChainEnd& sealer = end_of(seal.source);
  sealer.next_batch = seal.sequence + 1;
  sealer.last_seal = leaf;
  for (const format::SealedRun& run : seal.covered())
    end_of(run.source).next_event = run.first_sequence + run.count;
}

Result<format::Heartbeat> judge_heartbeat(const format::Record& record, format::Sealer sealer) {
  if (sealer != format::Sealer::kSource)
    return invalid("only a source that seals sends heartbeats");
  return format::decode_heartbeat(record);
}

Result<void> check_report(const format::Record& record, std::string_view origin) {
  const format::KindRow row = format::row_of(record.kind);
  CHECK(row.meaning == format::Meaning::kReport);
  if (record.source != format::kLogItself)
    return invalid("only the log itself writes such records");
  if (record.media_type != row.media_type)
    return invalid("its media type is not " + std::string(row.media_type));
  return (*row.check)(text_of(record.payload), origin);
}

OpenBatch OpenBatch::of(std::vector<format::SealedRun> runs, format::Sealer sealer,
                        bool is_destroyed) {
  OpenBatch batch;
  batch.runs_ = std::move(runs);
  batch.sealer_ = sealer;
  batch.is_destroyed_ = is_destroyed;
  return batch;
}

std::uint64_t OpenBatch::count() const {
  std::uint64_t count = 0;
  for (const format::SealedRun& run : runs_) count += run.count;
  return count;
}

bool OpenBatch::may_take(SourceId source, format::Sealer sealer) const {
  if (is_empty() || is_of(source)) return true;
  return !is_destroyed_ && sealer == format::Sealer::kLog && sealer_ == format::Sealer::kLog &&
         source > runs_.back().source && runs_.size() < format::kSealRunsMax;
}

std::uint64_t OpenBatch::next_sequence(SourceId source, const ChainEnd& end) const {
  return is_of(source) ? runs_.back().first_sequence + runs_.back().count : end.next_event;
}

void OpenBatch::take(SourceId source, format::Sealer sealer, std::uint64_t sequence) {
  CHECK(may_take(source, sealer));
  if (!is_of(source)) runs_.push_back({source, sequence, 0});
  sealer_ = sealer;
  ++runs_.back().count;
}

void OpenBatch::take_destroyed() {
  CHECK(may_take_destroyed());
  if (is_empty()) runs_.emplace_back();
  is_destroyed_ = true;
  ++runs_.back().count;
}

bool OpenBatch::is_sealed_by(const format::Seal& seal) const {
  if (is_destroyed_) return seal.count == count();
  return seal.sealer == sealer_ && seal.covered() == runs_;
}

}  // namespace varve::rules
