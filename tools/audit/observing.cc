// Reads the mirror's own records; writes nothing.
#include "tools/audit/observing.h"

#include "ledger/base/month.h"
#include "ledger/format/batch.h"
#include "ledger/merkle/checked.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/kept_events.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

/// Reads records one after the other, and each bundle once.
class Records {
 public:
  Records(const verify::LogSource& mirror, TreeSize size) : mirror_(mirror), size_(size) {}

  /// An entry, a record or a tombstone. Requires index < size.
  Result<Bytes> at(LeafIndex index) {
    const std::uint64_t bundle = index.value / merkle::kTileWidth;
    if (!bundle_ || *bundle_ != bundle) RETURN_IF_ERROR(read(bundle));
    const std::size_t place = index.value % merkle::kTileWidth;
    if (place < entries_.size()) return entries_[place];
    return corrupt("the bundle of record " + std::to_string(index.value) + " does not have it");
  }

 private:
  Result<void> read(std::uint64_t bundle) {
    bundle_.reset();
    ASSIGN_OR_RETURN(bytes_, mirror_.bundle({0, bundle, merkle::tile_width(0, bundle, size_)}));
    ASSIGN_OR_RETURN(entries_, format::split_bundle(bytes_, merkle::kTileWidth));
    bundle_ = bundle;
    return {};
  }

  const verify::LogSource& mirror_;
  TreeSize size_;
  std::optional<std::uint64_t> bundle_;
  Buffer bytes_;
  std::vector<Bytes> entries_;
};

std::string json_of(const verify::Doubt& doubt) {
  return AnswerJson().add("rule", "O" + std::to_string(doubt.rule)).add("why", doubt.why).take();
}

std::string json_of(const JudgedMonth& month) {
  return AnswerJson()
      .add("month", month.name)
      .add("disposal", month.disposal.value)
      .raw("because",
           list_json(month.doubts, [](const verify::Doubt& doubt) { return json_of(doubt); }))
      .take();
}

}  // namespace

Result<Observing> Observing::open(const env::Filesystem& mirror, const format::VerifierKey& first) {
  const auto text = read_file_of(mirror, kObservations);
  if (!text && text.error().code == Code::kNotFound) {
    format::Observations none;
    none.first = first;
    return Observing(std::move(none), true);
  }
  if (!text) return text.error();
  const std::string path = mirror.system_path(kObservations);
  auto seen = format::parse_observations(text_of(*text));
  if (!seen)
    return invalid(
        path + ": " + seen.error().message +
        ": bring it back from a backup, or delete it: then this mirror begins to observe "
        "now, and keeps for longer what its log disposes of");
  if (seen->first != first)
    return invalid(path + " is of another log, or of one with another first key");
  return Observing(std::move(*seen), false);
}

Result<void> Observing::expect_same_history(const verify::LogSource& mirror) const {
  const format::Checkpoint& now = log_->checkpoint.checkpoint;
  if (seen_.sightings.empty()) return {};
  const format::Sighting& last = seen_.sightings.back();
  const std::string what =
      "the observations of this mirror are of another history: delete them, or "
      "bring back the records that they are of";
  if (last.size > now.size || seen_.read > now.size) return corrupt(what);
  const merkle::TileHashReader hashes(now.size, mirror);
  ASSIGN_OR_RETURN(const Hash root, merkle::checked_root(last.size, {now.size, now.root}, hashes));
  return root == last.root ? Result<void>() : corrupt(what);
}

Result<void> Observing::read_on(const verify::LogSource& mirror, const verify::Intact& intact) {
  log_ = intact;
  RETURN_IF_ERROR(expect_same_history(mirror));
  const TreeSize size = intact.checkpoint.checkpoint.size;
  Records records(mirror, size);
  for (std::uint64_t k = seen_.read.value; k < size.value; ++k) {
    ASSIGN_OR_RETURN(const Bytes entry, records.at(LeafIndex{k}));
    if (format::is_tombstone(entry)) continue;
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
    if (verify::is_act(record.kind)) seen_.acts.push_back({k});
  }
  seen_.read = size;
  return {};
}

void Observing::see(const env::Clock& clock) {
  const format::Checkpoint& now = log_->checkpoint.checkpoint;
  verify::add_sighting(seen_.sightings, {clock.now_us(), clock.steady_ms(), now.size, now.root});
}

Result<verify::Acts> Observing::read_acts(const verify::LogSource& mirror) const {
  verify::Acts acts(seen_.first);
  Records records(mirror, seen_.read);
  for (const LeafIndex index : seen_.acts) {
    ASSIGN_OR_RETURN(const Bytes entry, records.at(index));
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
    auto taken = acts.take(index, record, merkle::leaf_hash(entry));
    if (!taken)
      return std::move(taken).error().during("reading record " + std::to_string(index.value) +
                                             ", which was audited");
  }
  return acts;
}

Result<bool> Observing::has_events(const verify::LogSource& mirror,
                                   const format::MonthRange& month) const {
  const std::uint64_t last = (month.end.value - 1) / merkle::kTileWidth;
  for (std::uint64_t k = month.first.value / merkle::kTileWidth; k <= last; ++k) {
    const merkle::TileId id{0, k, merkle::tile_width(0, k, seen_.read)};
    ASSIGN_OR_RETURN(const Buffer bundle, mirror.bundle(id));
    ASSIGN_OR_RETURN(const bool has,
                     verify::holds_events(bundle, LeafIndex{k * merkle::kTileWidth}, month));
    if (has) return true;
  }
  return false;
}

Result<std::vector<JudgedMonth>> Observing::judge(const verify::LogSource& mirror) {
  const rules::Retention& log = log_->retention;
  std::vector<JudgedMonth> judged;
  std::optional<verify::Acts> acts;
  for (const rules::Month& month : log.months()) {
    if (!month.disposal || seen_.without.contains(month.month)) continue;
    const auto range = log.range_of(month);
    CHECK(range.has_value());  // R21
    ASSIGN_OR_RETURN(const bool has, has_events(mirror, *range));
    if (!has) seen_.without.insert(month.month);
    if (!has) continue;
    if (!acts) {
      ASSIGN_OR_RETURN(acts, read_acts(mirror));
    }
    const verify::OwnTime time(seen_.sightings);
    judged.push_back({*range, format::key_period_text(month.month, log.policy().mode),
                      month.disposal->index,
                      verify::doubts(verify::own_rules(), {log, month, *acts, time})});
  }
  return judged;
}

Result<std::optional<format::MonthRange>> Observing::may_decide(std::uint32_t number) const {
  const rules::Retention& log = log_->retention;
  if (log.clocks() == 0) return std::optional<format::MonthRange>();
  const std::string name = month_text(number);
  const rules::Month* const month = log.find_month(number);
  const auto range = month == nullptr ? std::nullopt : log.range_of(*month);
  if (!range) return invalid("the log has no records of " + name + ", or that is not over");
  if (!month->disposal && !month->is_earlier)
    return invalid("no record of the log disposes of " + name +
                   ": what the server lacks of it is lost there, and this mirror keeps its copy");
  for (const auto& [id, hold] : log.holds())
    if (hold.is_open && log.covers(hold, *month))
      return worm("the hold " + id + " is open, and keeps " + name + " in this mirror");
  return range;
}

void add_kept_months(const std::vector<JudgedMonth>& judged, Answer& answer) {
  if (judged.empty()) return;
  answer.exit = tools::kExitKept;
  for (const JudgedMonth& month : judged)
    answer.line.append("\nthe log disposed of " + month.name + " in record " +
                       std::to_string(month.disposal.value) +
                       ", and this mirror keeps it: " + verify::doubts_text(month.doubts));
  answer.json.insert(
      answer.json.size() - 1,
      ",\"keeps\":" + list_json(judged, [](const JudgedMonth& month) { return json_of(month); }));
}

void add_beginning(std::uint64_t since_us, Answer& answer) {
  answer.line.append("\nthis mirror observes the log from now on: nothing counts as seen before ");
  answer.line.append(time_text(since_us));
}

}  // namespace varve::audit
