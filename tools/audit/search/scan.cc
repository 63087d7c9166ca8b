// Record after record.
#include "tools/audit/search/scan.h"

#include <algorithm>

#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "tools/audit/answer_json.h"

namespace varve::audit {
namespace {

using search::Verdict;

constexpr std::size_t kShownMax = 20;  // records that a line names

std::string of_events(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

void add_line(std::string& text, const std::vector<std::uint64_t>& records,
              const std::string& why) {
  if (records.empty()) return;
  text.append("\nmay match: ").append(of_records(records.size())).append(why);
  text.append(": ").append(some_of(records));
}

}  // namespace

std::string of_records(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " record" : " records");
}

std::string some_of(const std::vector<std::uint64_t>& records) {
  std::string text;
  for (std::size_t i = 0; i < records.size() && i < kShownMax; ++i)
    text.append(i == 0 ? "" : " ").append(std::to_string(records[i]));
  if (records.size() > kShownMax)
    text.append(" and " + std::to_string(records.size() - kShownMax) + " more");
  return text;
}

Scan::Scan(search::Question question, Visit visit)
    : question_(std::move(question)), besides_the_patient_(question_), visit_(std::move(visit)) {
  std::erase_if(besides_the_patient_.conditions, [](const search::Condition& condition) {
    return condition.field == search::Field::kPatient;
  });
}

void Scan::see(LeafIndex index, Bytes entry) {
  ++entries_;
  if (format::is_tombstone(entry))
    ++gone_;
  else
    read(index, entry);
}

void Scan::read(LeafIndex index, Bytes entry) {
  const auto record = format::decode_record(entry);
  if (!record || record->kind != format::Kind::kEvent) return;
  ++records_;
  read_event(index, *record);
}

void Scan::read_event(LeafIndex index, const format::Record& record) {
  const search::Origin origin{record.source, record.time_us};
  if (record.media_type == format::kRefusedEventMediaType) {
    if (search::judge_unread(question_, origin) != Verdict::kNo) refused_.push_back(index.value);
    return;
  }
  const events::Extraction said = events::extract(record.media_type, record.payload);
  events_ += said.events.size();
  Verdict best = said.events.empty() ? search::judge_unread(question_, origin) : Verdict::kNo;
  const bool answers = show_those_that_answer(index, origin, said, best);
  if (said.events_left_off != 0 && search::judge_unread(question_, origin) != Verdict::kNo)
    left_off_.push_back(index.value);  // also where one that was read answers
  else if (!answers && leaves_a_trace(record, said, origin))
    traced_.push_back(index.value);
  else if (best == Verdict::kMaybe)
    (said.events.empty() ? unread_ : not_in_field_[said.format]).push_back(index.value);
}

/// Whether one does.
bool Scan::show_those_that_answer(LeafIndex index, const search::Origin& origin,
                                  const events::Extraction& said, Verdict& best) {
  bool answers = false;
  for (std::size_t i = 0; i < said.events.size(); ++i) {
    const Verdict verdict = search::judge(question_, said, said.events[i], origin);
    if (verdict == Verdict::kMaybe) best = verdict;
    if (verdict != Verdict::kYes) continue;
    answers = true;
    visit_({index, i, said.events.size(), origin, said.events[i]});
  }
  return answers;
}

bool Scan::leaves_a_trace(const format::Record& record, const events::Extraction& said,
                          const search::Origin& origin) const {
  if (besides_the_patient_.conditions.size() == question_.conditions.size()) return false;
  Verdict rest = said.events.empty() ? search::judge_unread(question_, origin) : Verdict::kNo;
  for (const events::View& view : said.events)
    rest = std::max(rest, search::judge(besides_the_patient_, said, view, origin));
  return rest != Verdict::kNo && search::has_trace(question_, record.payload, said);
}

std::uint64_t Scan::may_match() const {
  std::uint64_t count = unread_.size() + refused_.size() + left_off_.size() + traced_.size();
  for (const auto& [format, records] : not_in_field_) count += records.size();
  return count;
}

std::string Scan::text() const {
  const std::uint64_t read = entries_ - gone_;
  std::string text =
      gone_ == 0
          ? "every record was read, from 0 to " + std::to_string(entries_ == 0 ? 0 : entries_ - 1)
          : std::to_string(read) + " of " + of_records(entries_) + " were read, and " +
                std::to_string(gone_) + " are gone: of those nothing can be said";
  text.append("; ").append(of_records(records_)).append(" of senders, ").append(of_events(events_));
  add_line(text, traced_, " with an id of the patient outside of what was understood");
  add_line(text, unread_, " of which nothing was understood");
  add_line(text, refused_, " that stand for an event too large to be kept");
  add_line(text, left_off_, " with more events than are read");
  for (const auto& [format, records] : not_in_field_)
    add_line(text, records,
             " (" + format + ") without a value of what is asked for, and not wholly understood");
  return text;
}

std::string Scan::json() const {
  std::string formats;
  for (const auto& [format, records] : not_in_field_)
    formats.append(formats.empty() ? "" : ",")
        .append(format::json_quoted(format))
        .append(":")
        .append(numbers_json(records));
  const std::string may = AnswerJson()
                              .raw("traced", numbers_json(traced_))
                              .raw("not_understood", numbers_json(unread_))
                              .raw("too_large", numbers_json(refused_))
                              .raw("left_off", numbers_json(left_off_))
                              .raw("not_in_field", "{" + formats + "}")
                              .take();
  return AnswerJson()
      .add("entries", entries_)
      .add("gone", gone_)
      .add("records", records_)
      .add("events", events_)
      .raw("may_match", may)
      .take();
}

}  // namespace varve::audit
