// Record after record.
#include "tools/audit/search/scan.h"

#include "ledger/events/extract.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "tools/audit/answer_json.h"

namespace varve::audit {
namespace {

constexpr std::size_t kExamplesMax = 20;

std::string of_records(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " record" : " records");
}

std::string of_events(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

}  // namespace

void Scan::see(LeafIndex index, Bytes entry) {
  ++entries_;
  if (!format::is_tombstone(entry)) read(index, entry);
}

void Scan::read(LeafIndex index, Bytes entry) {
  const auto record = format::decode_record(entry);
  if (!record || record->kind != format::Kind::kEvent) return;
  ++records_;
  events::Extraction said = events::extract(record->media_type, record->payload);
  if (said.events.empty()) {
    ++unread_;
    if (examples_.size() < kExamplesMax) examples_.push_back(index.value);
  } else if (!said.gaps.empty()) {
    ++partly_;
  }
  events_ += said.events.size();
  for (std::size_t i = 0; i < said.events.size(); ++i)
    visit_({index, i, {record->source, record->time_us}, std::move(said.events[i])});
}

std::string Scan::text() const {
  std::string text = "every record was read, from 0 to " +
                     std::to_string(entries_ == 0 ? 0 : entries_ - 1) + ": " +
                     of_records(records_) + " of senders with " + of_events(events_);
  if (unread_ != 0) {
    text.append("\nnot understood, so that it may answer or not: " + of_records(unread_) + ":");
    for (const std::uint64_t index : examples_) text.append(" ").append(std::to_string(index));
    if (unread_ > examples_.size())
      text.append(" and " + std::to_string(unread_ - examples_.size()) + " more");
  }
  if (partly_ != 0)
    text.append("\nnot wholly understood: " + of_records(partly_) +
                " with values that no field holds");
  return text;
}

std::string Scan::json() const {
  return AnswerJson()
      .add("entries", entries_)
      .add("records", records_)
      .add("events", events_)
      .add("not_understood", unread_)
      .raw("not_understood_records",
           list_json(examples_, [](std::uint64_t index) { return std::to_string(index); }))
      .add("not_wholly_understood", partly_)
      .take();
}

}  // namespace varve::audit
