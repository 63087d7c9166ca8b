// Reads the mirror's own records; writes nothing.
#include "tools/audit/observing.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/month.h"
#include "ledger/base/trouble.h"
#include "ledger/env/posix.h"
#include "ledger/format/batch.h"
#include "ledger/merkle/checked.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/kept_events.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kSomeBundles = 16;  // that stand for a month of which nothing was left

constexpr const char* kWhatToDo =
    ": bring the file back from a backup, or delete it: then this mirror begins to observe "
    "at its next run, and keeps for longer what its log disposes of";

constexpr const char* kSomebodyLooks = "; time alone does not change that: somebody has to look";

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
  AnswerJson json;
  json.add("rule", "O" + std::to_string(doubt.rule)).add("why", doubt.why);
  if (doubt.until_us) json.add("until", time_text(*doubt.until_us));
  return json.take();
}

std::string json_of(const JudgedMonth& month) {
  AnswerJson json;
  json.add("month", month.name).add("disposal", month.disposal.value);
  if (month.may_go()) json.add("days", month.waited_us / format::kDayUs);
  if (!month.kept_by.empty()) json.add("by", month.kept_by);
  if (!month.doubts.empty())
    json.raw("because",
             list_json(month.doubts, [](const verify::Doubt& doubt) { return json_of(doubt); }));
  if (const auto until = verify::until_us(month.doubts)) json.add("until", time_text(*until));
  if (month.came_back) json.raw("came_back", "true");
  return json.take();
}

std::uint64_t this_boot() {
  const Hash hash = merkle::sha256(bytes_of(env::boot_id()));
  return ByteReader(hash.view()).u64();
}

bool is_alarm(const JudgedMonth& month) {
  // A line may have stood there before the disposal did, and knows nothing of how that came about.
  if (!month.kept_by.empty()) return !month.doubts.empty() && !verify::until_us(month.doubts);
  return !month.doubts.empty() || month.came_back || month.waited_us >= kServerTakesUs;
}

std::string line_of(const JudgedMonth& month) {
  const std::string record = std::to_string(month.disposal.value);
  const std::string back =
      month.came_back ? "; it had no event of it before, and has some again" : std::string();
  if (!month.kept_by.empty())
    return "the log disposed of " + month.name + " in record " + record +
           ", and this mirror keeps it on purpose: its file " + kKeepFile + " says that " +
           month.kept_by + " decided so" + back +
           (month.doubts.empty() ? ""
                                 : "; by its own judgement it would keep it too: " +
                                       verify::doubts_text(month.doubts)) +
           (is_alarm(month) ? kSomebodyLooks : "");
  if (!month.doubts.empty())
    return "the log disposed of " + month.name + " in record " + record +
           ", and this mirror keeps it: " + verify::doubts_text(month.doubts) + back +
           (verify::until_us(month.doubts) ? "; all of that passes with time" : kSomebodyLooks);
  const std::string text = month.name +
                           " goes from this mirror once the server has done so: it has no "
                           "tombstones of it yet" +
                           back;
  if (month.waited_us < kServerTakesUs) return text;
  return text + "; this mirror saw the disposal, record " + record + ", " +
         std::to_string(month.waited_us / format::kDayUs) +
         " days ago: the server has not destroyed what its log disposed of, or hides that it has";
}

template <class TextOf>
void add_member(const std::string& name, const std::vector<JudgedMonth>& months, Answer& answer,
                TextOf text_of_month) {
  if (months.empty()) return;
  answer.json.insert(answer.json.size() - 1,
                     ",\"" + name + "\":" + list_json(months, text_of_month));
}

}  // namespace

Result<Observing> Observing::open(const env::Filesystem& mirror, const format::VerifierKey& first) {
  const auto text = read_file_of(mirror, kObservations);
  if (!text && text.error().code == Code::kNotFound) {
    format::Observations none;
    none.first = first;
    Observing beginning(std::move(none), true);
    beginning.read_keeping(mirror);
    return beginning;
  }
  if (!text) return text.error();
  const std::string path = mirror.system_path(kObservations);
  auto seen = format::parse_observations(text_of(*text));
  if (!seen && is_trouble(seen.error())) return in_file(seen.error(), path);
  Observing observing(seen ? std::move(*seen) : format::Observations{}, false);
  if (!seen)
    observing.trouble_ = path + ": " + seen.error().message + kWhatToDo;
  else if (observing.seen_.first != first)
    observing.trouble_ = path + " is of another log, or of one with another first key" + kWhatToDo;
  observing.read_keeping(mirror);
  return observing;
}

bool Observing::is_ahead_of(const verify::Intact& intact) const {
  const TreeSize now = intact.checkpoint.checkpoint.size;
  return now < seen_.read || (!seen_.sightings.empty() && now < seen_.sightings.back().size);
}

Result<void> Observing::expect_same_history(const verify::LogSource& mirror) const {
  const format::Checkpoint& now = log_->checkpoint.checkpoint;
  if (is_ahead_of(*log_))
    return corrupt("this mirror saw a log of " + std::to_string(seen_.read.value) +
                   " records, and there are " + std::to_string(now.size.value) +
                   " now: the log was cut, or its observations are those of another mirror");
  if (seen_.sightings.empty()) return {};
  const format::Sighting& last = seen_.sightings.back();
  const merkle::TileHashReader hashes(now.size, mirror);
  ASSIGN_OR_RETURN(const Hash root, merkle::checked_root(last.size, {now.size, now.root}, hashes));
  if (root == last.root) return {};
  return corrupt(
      "the observations of this mirror are of another history: delete them, or "
      "bring back the records that they are of");
}

Result<void> Observing::read_on(const verify::LogSource& mirror, const verify::Intact& intact) {
  log_ = intact;
  if (!trouble_.empty()) return {};
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
  if (!trouble_.empty()) return;
  const format::Checkpoint& now = log_->checkpoint.checkpoint;
  verify::add_sighting(seen_.sightings,
                       {std::min(clock.now_us(), format::kTimeMaxUs), clock.steady_ms(), now.size,
                        now.root, this_boot()},
                       format::unit_us(log_->retention.policy()));
}

std::uint64_t Observing::log_us() const {
  if (!log_ || log_->retention.clocks() == 0) return 0;
  return log_->retention.timeline().points().back().reading_us;
}

std::uint16_t Observing::key_minutes() const {
  return log_ ? log_->retention.key_period(0).minutes : std::uint16_t{0};
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

Result<bool> Observing::has_events(const verify::LogSource& mirror, const format::MonthRange& month,
                                   std::uint64_t bundles_max) const {
  const std::uint64_t first = month.first.value / merkle::kTileWidth;
  const std::uint64_t last = (month.end.value - 1) / merkle::kTileWidth;
  const std::uint64_t step = (last - first) / bundles_max + 1;
  const TreeSize size = log_->checkpoint.checkpoint.size;
  for (std::uint64_t k = first; k <= last; k += step) {
    const merkle::TileId id{0, k, merkle::tile_width(0, k, size)};
    ASSIGN_OR_RETURN(const Buffer bundle, mirror.bundle(id));
    ASSIGN_OR_RETURN(const bool has,
                     verify::holds_events(bundle, LeafIndex{k * merkle::kTileWidth}, month));
    if (has) return true;
  }
  return false;
}

Result<std::vector<JudgedMonth>> Observing::judge(const verify::LogSource& mirror,
                                                  const LookAgain& again) {
  const rules::Retention& log = log_->retention;
  std::vector<JudgedMonth> judged;
  if (!trouble_.empty()) return judged;
  const auto kept = kept_months();
  if (!kept) return judged;
  std::optional<verify::Acts> acts;
  for (const rules::Month& month : log.months()) {
    if (!month.disposal) continue;
    const auto range = log.range_of(month);
    CHECK(range.has_value());  // R21
    const bool was_without = seen_.without.contains(month.month);
    const bool some = was_without && !again.everywhere && !again.months.contains(month.month);
    ASSIGN_OR_RETURN(const bool has, has_events(mirror, *range, some ? kSomeBundles : UINT64_MAX));
    if (!has) seen_.without.insert(month.month);
    if (!has) continue;
    seen_.without.erase(month.month);
    if (!acts) {
      ASSIGN_OR_RETURN(acts, read_acts(mirror));
    }
    const verify::OwnTime time(seen_.sightings);
    judged.push_back({*range,
                      format::key_period_text(month.month, log.policy().mode),
                      month.disposal->index,
                      verify::doubts(verify::own_rules(), {log, month, *acts, time}),
                      time.since_us(month.disposal->index),
                      was_without,
                      {}});
    if (const auto on_purpose = kept->find(month.month); on_purpose != kept->end())
      judged.back().kept_by = on_purpose->second;
  }
  std::set<std::uint32_t> here;
  for (const JudgedMonth& month : judged) here.insert(month.range.month);
  look_at_lines(*kept, here);
  return judged;
}

/// On the month; of one that the log does not know: any. A hold behind a disposal does not cover it.
Result<void> Observing::expect_no_hold(const rules::Month* month, const std::string& name) const {
  const rules::Retention& log = log_->retention;
  if (month != nullptr && month->disposal) return {};
  for (const auto& [id, hold] : log.holds())
    if (hold.is_open && (month == nullptr || log.covers(hold, *month)))
      return worm("the hold " + id + " is open, and keeps " + name + " in this mirror");
  return {};
}

Result<format::MonthRange> Observing::may_decide(std::uint32_t number) const {
  if (!trouble_.empty()) return invalid(trouble_);
  const rules::Retention& log = log_->retention;
  const rules::Month* const month = log.find_month(number);
  const std::string name = format::key_period_text(number, mode());
  ASSIGN_OR_RETURN(const auto kept, keeping_.months(mode()));
  if (const auto on_purpose = kept.find(number); on_purpose != kept.end())
    return worm(keep_path_ + " says that this mirror keeps " + name + ", as " + on_purpose->second +
                " decided: take the line out before somebody decides otherwise");
  if (month != nullptr && !month->disposal && !month->is_earlier)
    return invalid("no record of the log disposes of " + name +
                   ": what the server lacks of it is lost there, and this mirror keeps its copy");
  RETURN_IF_ERROR(expect_no_hold(month, name));
  if (month != nullptr) {
    const auto range = log.range_of(*month);
    return range ? Result(*range) : Result<format::MonthRange>(invalid(name + " is not over"));
  }
  if (knows_months())
    return invalid("the log has no records of " + name + ", and a decision takes none of another");
  return format::MonthRange{number, LeafIndex{0}, LeafIndex{seen_.read.value}};
}

void add_judged(const std::vector<JudgedMonth>& judged, Answer& answer) {
  std::vector<JudgedMonth> keeps;
  std::vector<JudgedMonth> waits;
  std::vector<JudgedMonth> on_purpose;
  for (const JudgedMonth& month : judged) {
    if (!month.kept_by.empty())
      on_purpose.push_back(month);
    else
      (month.doubts.empty() ? waits : keeps).push_back(month);
    answer.line.append("\n" + line_of(month));
    if (is_alarm(month)) answer.exit = tools::kExitKept;
  }
  const auto json = [](const JudgedMonth& month) { return json_of(month); };
  add_member("keeps", keeps, answer, json);
  add_member("waits", waits, answer, json);
  add_member("on_purpose", on_purpose, answer, json);
}

void add_trouble(const std::string& trouble, Answer& answer) {
  answer.exit = tools::kExitKept;
  answer.line.append("\nthis mirror keeps everything, and judges nothing: " + trouble);
  const std::string json = AnswerJson().add("observations", trouble).take();
  answer.json.insert(answer.json.size() - 1, "," + json.substr(1, json.size() - 2));
}

void add_beginning(std::uint64_t since_us, Answer& answer) {
  answer.line.append("\nthis mirror observes the log from now on: nothing counts as seen before ");
  answer.line.append(time_text(since_us));
}

}  // namespace varve::audit
