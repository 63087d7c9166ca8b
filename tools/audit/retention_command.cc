// varve-audit retention: until when a log keeps what, and why, as its records say. It audits the whole
// log and judges by the rules itself; of the server's own answer nothing is asked.
#include <algorithm>
#include <span>

#include "ledger/base/month.h"
#include "ledger/format/batch.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/forecast.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"

namespace varve::audit {
namespace {

using std::to_string;

// What no record of the log proves.
constexpr const char* kServersWord =
    "\nverified: all of this, by the log's own records and rules. The server's word alone: what "
    "time it is, that it ran as long as its clock records say, that nothing follows these records, "
    "and what became of keys. Evidence of time can bring a date forward";

/// What is told of, and in which words.
struct Told {
  const rules::Retention& log;
  const rules::DestroyedMonths& gone;
  TreeSize size;
  [[nodiscard]] format::Mode mode() const { return log.policy().mode; }
  [[nodiscard]] std::string span(std::uint64_t units) const {
    return to_string(units) + (mode() == format::Mode::kDraft ? " minutes" : " days");
  }
  [[nodiscard]] std::string name_of(const rules::MonthForecast& month) const {
    return format::key_period_text(month.month, mode());
  }
  [[nodiscard]] std::uint64_t records_of(const rules::MonthForecast& month) const {
    return month.end.value_or(end_of(size)).value - month.first.value;
  }
};

/// What becomes of an entry.
enum class EntryFate { kKept, kGoes, kGone };

/// Of a tombstone that is where the audit met some of its month.
Result<Hash> leaf_of_gone(Bytes entry, LeafIndex index, const rules::DestroyedMonths& gone) {
  ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(entry));
  const rules::DestroyedMonth* const month = rules::find_destroyed(gone, tombstone.month);
  if (month != nullptr && month->first <= index && index <= month->last) return tombstone.leaf;
  return corrupt("the audit met a record here, and now there is a tombstone");
}

/// Of an audited log. Errors: kCorrupt  it is not the entry of the tree, which the source had shown
/// before.  As LogSource.
Result<EntryFate> fate_of(const verify::LogSource& source, const format::Checkpoint& tree,
                          LeafIndex index, const rules::DestroyedMonths& gone) {
  const std::uint64_t tile = index.value / merkle::kTileWidth;
  const merkle::TileId id{0, tile, merkle::tile_width(0, tile, tree.size)};
  ASSIGN_OR_RETURN(const Buffer bundle, source.bundle(id));
  ASSIGN_OR_RETURN(const auto entries, format::split_bundle(bundle, merkle::kTileWidth));
  const std::size_t place = index.value % merkle::kTileWidth;
  if (place >= entries.size()) return corrupt("the bundle of this record ends in front of it");
  const Bytes entry = entries[place];
  Hash leaf = merkle::leaf_hash(entry);
  if (format::is_tombstone(entry)) {
    ASSIGN_OR_RETURN(leaf, leaf_of_gone(entry, index, gone));
  }
  const merkle::TileHashReader hashes(tree.size, source);
  RETURN_IF_ERROR(merkle::checked_inclusion(leaf, index, {tree.size, tree.root}, hashes));
  if (format::is_tombstone(entry)) return EntryFate::kGone;
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
  const bool goes = format::row_of(record.kind).fate == format::Fate::kGoes;
  return goes ? EntryFate::kGoes : EntryFate::kKept;
}

std::string holds_text(const rules::MonthForecast& month) {
  std::string text = "held by ";
  for (const std::string& id : month.holds) text.append(text.back() == ' ' ? "" : ", ").append(id);
  if (month.held_by > month.holds.size())
    text.append(" and ").append(to_string(month.held_by - month.holds.size())).append(" more");
  return text;
}

/// When it goes, what keeps it, or by which record it went; and what the audit met of it.
std::string end_text(const rules::MonthForecast& month, const Told& told) {
  const auto gone = told.gone.find(told.log.key_period(month.month));
  if (month.disposal) {
    const bool is_left = month.state == rules::MonthState::kDisposed;
    return "by record " + to_string(month.disposal->index.value) +
           (is_left ? "; a token may have its key" : "; no token has its key, says the server") +
           (gone == told.gone.end() ? "; none of its events is gone here" : "");
  }
  if (gone != told.gone.end())
    return to_string(gone->second.records) + " events are gone, and no record disposes of them";
  std::string text = "not before " + time_text(month.goes_us);
  if (!month.end) text.append(", if no record followed");
  if (month.notice) text.append(", noticed by record " + to_string(month.notice->index.value));
  for (const rules::Keeper keeper : month.kept_by)
    text.append(", ").append(keeper == rules::Keeper::kHold ? holds_text(month)
                                                            : rules::keeper_text(keeper));
  return text;
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text).append(width - std::min(width, text.size()), ' ');
}

std::string table_of(const rules::Forecast& said, const Told& told) {
  std::size_t digits = 1;
  std::size_t name = 8;
  for (const rules::MonthForecast& month : said.months) {
    digits = std::max(digits, to_string(told.records_of(month)).size());
    name = std::max(name, told.name_of(month).size() + 1);
  }
  std::string table;
  for (const rules::MonthForecast& month : said.months) {
    const std::string records = to_string(told.records_of(month));
    table.append("\n").append(padded(told.name_of(month), name));
    table.append(digits - records.size(), ' ').append(records).append(" records  ");
    table.append(padded(rules::state_text(month.state), 11)).append(end_text(month, told));
  }
  return table;
}

std::string policy_line(const rules::Forecast& said, const Told& told) {
  const format::Policy& policy = told.log.policy();
  const auto& place = told.log.policy_place();
  std::string line;
  if (said.reading_us != 0)
    line.append("\nwhen the log's clock said ").append(time_text(said.reading_us));
  line.append("\nkept for ").append(told.span(policy.period));
  line.append(place ? " by record " + to_string(place->index.value)
                    : ", as every log without a policy record");
  if (told.mode() == format::Mode::kDraft) line.append(", a draft log for trying");
  line.append("; notice ").append(told.span(policy.notice));
  if (policy.automatic) return line.append("; the server disposes of what is due by itself");
  return line.append("; approvals: ")
      .append(to_string(said.approvals_needed))
      .append(" of ")
      .append(to_string(said.approvers.size()))
      .append(" approvers");
}

/// What is said of one record, in front of its month's dates.
std::string record_lines(LeafIndex index, EntryFate fate, const rules::RecordForecast& record,
                         const rules::Forecast& said, const Told& told) {
  const std::string number = "\nrecord " + to_string(index.value);
  if (fate == EntryFate::kKept)
    return number + " is kept for as long as the log: it is a seal or a control record";
  const rules::MonthForecast& month = record.month;
  std::string lines = number + (fate == EntryFate::kGone ? " is gone" : " goes") +
                      " with its month " + told.name_of(month) + ", which is " +
                      std::string(rules::state_text(month.state)) + ": " + end_text(month, told);
  lines.append("\nit came ");
  if (record.appended_us == 0) lines.append("before the log had a clock");
  if (record.appended_us != 0)
    lines.append(time_text(record.appended_us)).append(" or later, by the log's clock");
  lines.append("; by the rules it is ");
  lines.append(told.span(record.age_us / format::unit_us(told.log.policy()))).append(" old");
  for (const std::string_view act : rules::acts_left(told.log, month))
    lines.append(act == "notice"
                     ? "\nit takes a notice, which has to be " +
                           told.span(told.log.policy().notice) + " old"
                     : "\nit takes the approval of " +
                           to_string(std::max(said.approvals_needed, rules::kApprovalsMin)) +
                           " approvers; the log has " + to_string(said.approvers.size()));
  return lines;
}

void add_time(AnswerJson& json, std::string_view name, std::uint64_t time_us) {
  if (time_us != 0) json.add(name, time_text(time_us));
}

std::string json_of(const rules::MonthForecast& month, const Told& told) {
  AnswerJson json;
  json.add("month", told.name_of(month)).add("first", month.first.value);
  if (month.end) json.add("end", month.end->value);
  json.add("records", told.records_of(month)).add("state", rules::state_text(month.state));
  add_time(json, "due", month.due_us);
  add_time(json, "goes", month.goes_us);
  if (month.notice) json.add("notice", month.notice->index.value);
  if (month.disposal) json.add("disposal", month.disposal->index.value);
  json.raw("kept_by", list_json(month.kept_by,
                                [](rules::Keeper keeper) {
                                  return format::json_quoted(rules::keeper_text(keeper));
                                }))
      .add("held_by", month.held_by)
      .raw("holds",
           list_json(month.holds, [](const std::string& id) { return format::json_quoted(id); }));
  return json.take();
}

AnswerJson json_head(const rules::Forecast& said, const Told& told, const std::string& origin) {
  const format::Policy& policy = told.log.policy();
  const bool is_draft = told.mode() == format::Mode::kDraft;
  AnswerJson json;
  json.add("result", result_word(told.gone)).add("origin", origin).add("size", told.size.value);
  json.add("unreadable", events_gone(told.gone)).raw("destroyed", months_json(told.gone));
  add_time(json, "reading", said.reading_us);
  json.add("mode", is_draft ? "draft" : "locked").add("unit", is_draft ? "minutes" : "days");
  json.add("period", policy.period).add("notice", policy.notice).add("wait", policy.wait);
  json.raw("automatic", policy.automatic ? "true" : "false");
  if (const auto& place = told.log.policy_place()) json.add("policy_record", place->index.value);
  json.add("approvals_needed", said.approvals_needed).add("approvers_named", said.approvers.size());
  return json;
}

Answer answer_of(std::string lines, AnswerJson& json, std::span<const rules::MonthForecast> months,
                 const Told& told, const std::string& origin) {
  Answer answer;
  answer.line = verdict(told.gone) + ": " + to_string(told.size.value) + " records of " + origin;
  answer.line.append(lines).append(kServersWord);
  answer.json = json.raw("months", list_json(months,
                                             [&told](const rules::MonthForecast& month) {
                                               return json_of(month, told);
                                             }))
                    .raw("servers_word", R"(["time","running","newest","keys"])")
                    .take();
  return answer;
}

Result<Answer> tell(const Request& request, const verify::LogSource& source,
                    const verify::Intact& intact) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  const Told told{intact.retention, intact.destroyed, tree.size};
  const rules::Forecast said = rules::forecast(told.log);
  AnswerJson json = json_head(said, told, tree.origin);
  std::string lines = policy_line(said, told);
  if (!request.index)
    return answer_of(lines + table_of(said, told), json, said.months, told, tree.origin);
  const LeafIndex index{*request.index};
  if (!contains(tree.size, index))
    return not_found("the log has " + to_string(tree.size.value) + " records, numbered from 0");
  ASSIGN_OR_RETURN(const EntryFate fate, fate_of(source, tree, index, intact.destroyed));
  const auto record = rules::forecast(told.log, index);
  if (!record) return not_found("the log has no clock record: it says of no record when it goes");
  json.add("index", index.value)
      .add("fate", fate == EntryFate::kKept   ? "kept"
                   : fate == EntryFate::kGone ? "gone"
                                              : "goes");
  add_time(json, "appended", record->appended_us);
  json.add("age_s", record->age_us / 1'000'000);
  if (fate == EntryFate::kGoes)
    json.raw("takes", list_json(rules::acts_left(told.log, record->month), &format::json_quoted));
  lines = record_lines(index, fate, *record, said, told) + lines;
  return answer_of(lines, json, {&record->month, 1}, told, tree.origin);
}

}  // namespace

Result<Answer> run_retention(const Request& request) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  const auto say = [&](const verify::Intact& intact) -> Result<Answer> {
    ASSIGN_OR_RETURN(Answer answer, tell(request, *opened.source, intact));
    add_gone(intact.destroyed, answer);
    return answer;
  };
  return audit_source(request, *opened.source, say, {});
}

}  // namespace varve::audit
