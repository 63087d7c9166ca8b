// Admission, and sealing on behalf of senders that cannot.
#include "ledger/log/group.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "ledger/format/access.h"
#include "ledger/format/month_secret.h"
#include "ledger/merkle/tree.h"

namespace varve::log {

bool is_key_event(const ControlNote& control) {
  return format::row_of(control.kind).meaning == format::Meaning::kKeys;
}

bool removes_key(const ControlNote& control) {
  if (!is_key_event(control)) return false;
  const auto note = format::parse_note(control.note);
  if (!note) return false;
  const auto event = format::parse_key_event(note->text);
  return event && (event->action == format::KeyAction::kRetire ||
                   event->action == format::KeyAction::kRevoke);
}

Result<void> check_reports(const std::vector<Report>& reports, std::string_view origin) {
  if (reports.empty() || reports.size() > format::kBatchRecordsMax)
    return invalid("reports come 1 to " + std::to_string(format::kBatchRecordsMax) +
                   " at a time, not " + std::to_string(reports.size()));
  std::size_t bytes = 0;
  for (const Report& report : reports) {
    bytes += report.text.size();
    const format::KindRow row = format::row_of(report.kind);
    if (row.meaning != format::Meaning::kReport)
      return invalid(format::kind_name(report.kind) + " is no kind of report");
    if (report.text.size() > format::kReportBytesMax) return invalid("a report is too long");
    RETURN_IF_ERROR((*row.check)(report.text, origin));
  }
  if (bytes > kReportsBytesMax)
    return invalid("reports are at most " + std::to_string(kReportsBytesMax) + " bytes at a time");
  return {};
}

GroupBuilder::GroupBuilder(state::LedgerState& state, const state::Storage& storage,
                           env::Random& random, const ComplianceClock& clock, bool clock_is_due,
                           LeafIndex first, std::uint64_t senders_max)
    : state_(state),
      storage_(storage),
      random_(random),
      clock_(clock),
      clock_is_due_(clock_is_due),
      now_us_(clock.moment().host_us),
      senders_max_(senders_max) {
  group_.first = first;
}

bool GroupBuilder::admit(Item& item) {
  if (auto* batch = std::get_if<format::SealedBatch>(&item.what)) return admit(*batch, item);
  if (auto* request = std::get_if<EventRequest>(&item.what))
    admit(*request, item);
  else if (const auto* statements = std::get_if<TimeStatements>(&item.what))
    admit(*statements, item);
  else if (const auto* reports = std::get_if<std::vector<Report>>(&item.what))
    admit(*reports, item);
  else
    admit(std::get<ControlNote>(item.what), item);
  return true;
}

/// Where what is not compressed yet goes.
Buffer& GroupBuilder::open_piece() {
  if (group_.body.empty() || !group_.body.back().compressed.empty()) group_.body.emplace_back();
  return group_.body.back().plain;
}

void GroupBuilder::append_record(Bytes record) {
  format::append_to_bundle(open_piece(), record);
  ++group_.count;
}

bool GroupBuilder::admit(format::SealedBatch& batch, Item& item) {
  if (auto fits = state_.may_follow(batch.seal); !fits) {
    if (fits.error().code == Code::kOutOfOrder) return false;
    if (fits.error().code == Code::kWorm)
      repeat_batch(batch, item);
    else
      item.done(std::move(fits).error());
    return true;
  }
  if (const auto chain = state_.source(batch.seal.source); chain->key->key != item.verified_by) {
    item.done(invalid("the source's key was rotated: seal this batch with the new key"));
    return true;
  }
  begin_records();
  const auto count = static_cast<std::uint32_t>(batch.records.size());
  const LeafIndex end{group_.end().value + count - 1};
  hear_last(batch, LeafIndex{end.value - 1});
  state_.advance(batch.seal, {end, batch.leaves.back()});
  moved_.insert(batch.seal.source);
  const store::AppendRow row{store::fingerprint_of(batch.seal.root), group_.end(), count};
  group_.batches.emplace_back(store::append_key({batch.seal.source, batch.seal.sequence}), row);
  group_.replies.push_back({std::move(item.done), {row.first, count, nullptr, false, false}});
  // A batch on the wire is a bundle, and becomes a part of the frame as it is.
  if (item.compressed.empty())
    append(open_piece(), batch.bytes);
  else
    group_.body.push_back({std::move(batch.bytes), std::move(item.compressed)});
  group_.count += count;
  group_.leaves.insert(group_.leaves.end(), batch.leaves.begin(), batch.leaves.end());
  return true;
}

/// A source whose newest event is a heartbeat is known to be alive.
void GroupBuilder::hear_last(const format::SealedBatch& batch, LeafIndex index) {
  const auto last = format::decode_record(batch.records[batch.records.size() - 2]);
  CHECK(last.has_value());  // the batch was decoded
  if (last->kind == format::Kind::kHeartbeat) CHECK(state_.hear(*last, index));
}

void GroupBuilder::repeat_batch(const format::SealedBatch& batch, Item& item) {
  const store::AppendKey key = store::append_key({batch.seal.source, batch.seal.sequence});
  const auto here =
      std::ranges::find(group_.batches, key, &decltype(group_.batches)::value_type::first);
  auto row =
      here != group_.batches.end() ? Result<store::AppendRow>(here->second) : storage_.append(key);
  if (!row) return item.done(std::move(row).error());
  if (row->content != store::fingerprint_of(batch.seal.root))
    return item.done(worm("batch " + std::to_string(batch.seal.sequence) +
                          " of this source is in the log with another content"));
  wait_for({std::move(item.done), {row->first, row->count, nullptr, true, false}});
}

void GroupBuilder::admit(EventRequest& request, Item& item) {
  if (request.events.empty() || request.events.size() > format::kBatchRecordsMax)
    return item.done(invalid("a request holds 1 to " + std::to_string(format::kBatchRecordsMax) +
                             " events, not " + std::to_string(request.events.size())));
  if (!format::is_sender_name(request.sender.name))
    return item.done(invalid("a sender's name is 1 to " + std::to_string(format::kSenderNameMax) +
                             " visible ASCII characters, no space"));
  const auto source = source_of_sender(request.sender);
  if (!source) return item.done(source.error());
  if (request.key && repeat_request(request, item)) return;
  if (request.key) pending_by_key_[*request.key] = pending_.size();
  pending_.push_back({std::move(request), *source});
  pending_.back().done.push_back(std::move(item.done));
}

/// Errors: kInvalid  its name gives a source that somebody else has.
Result<SourceId> GroupBuilder::source_of_sender(const format::Sender& sender) {
  const auto here = sources_of_senders_.find(sender);
  if (here != sources_of_senders_.end()) return here->second;
  const std::string name = format::source_name(sender);
  ASSIGN_OR_RETURN(const SourceId source, format::source_id(name));
  const auto known = state_.sources().find(source);
  if (known != state_.sources().end() && (known->second.key || known->second.name != name))
    return has_anothers_source(sender);
  sources_of_senders_.emplace(sender, source);
  return source;
}

bool GroupBuilder::repeat_request(const EventRequest& request, Item& item) {
  const Error other = worm("this Idempotency-Key was used before with another content");
  if (const auto here = pending_by_key_.find(*request.key); here != pending_by_key_.end()) {
    PendingRequest& first = pending_[here->second];
    if (first.request.content != request.content)
      item.done(other);
    else
      first.done.push_back(std::move(item.done));
    return true;
  }
  auto row = storage_.append(store::append_key(*request.key));
  if (!row && row.error().code == Code::kNotFound) return false;
  if (!row)
    item.done(std::move(row).error());
  else if (row->content != store::fingerprint_of(request.content))
    item.done(other);
  else
    wait_for({std::move(item.done), {row->first, row->count, nullptr, true, true}});
  return true;
}

/// A repetition of something published is answered at once; of something on its way, with it.
void GroupBuilder::wait_for(PendingReply reply) {
  if (reply.end() <= storage_.latest()->checkpoint.size)
    reply.done(reply.appended);
  else
    group_.replies.push_back(std::move(reply));
}

/// Errors: it may not come next: nothing changed.
Result<LeafIndex> GroupBuilder::append_control(format::Kind kind, const std::string& text) {
  format::Record record;
  record.kind = kind;
  record.source = format::kLogItself;
  record.sequence = state_.own().next_control;
  record.time_us = now_us_;
  record.media_type = format::media_type_of(kind);
  record.payload = bytes_of(text);
  random_.fill(record.salt);
  ASSIGN_OR_RETURN(const Buffer bytes, format::encode_record(record));
  const rules::Place place{group_.end(), merkle::leaf_hash(bytes)};
  RETURN_IF_ERROR(state_.apply_control(kind, text, place));
  append_record(bytes);
  group_.leaves.push_back(place.leaf);
  return place.index;
}

/// To be called before anything that was admitted is appended.
void GroupBuilder::begin_records() {
  if (clock_is_due_) write_clock();
}

void GroupBuilder::write_clock() {
  clock_is_due_ = false;
  const rules::Retention& retention = state_.retention();
  const format::Clock clock = clock_.next(retention, state_.origin());
  const std::uint32_t month = retention.month_of_reading(clock.reading_us);
  const bool month_begins =
      retention.timeline().empty() ||
      retention.month_of_reading(retention.timeline().newest().reading_us) != month;
  const std::uint32_t before = group_.count;
  const auto written = append_control(format::Kind::kClock, format::clock_text(clock));
  CHECK(written.has_value());  // it was computed as the rules say
  retention_changed_ = true;
  if (month_begins) write_month_secret(month);
  clock_records_ += group_.count - before;
}

void GroupBuilder::write_month_secret(std::uint32_t month) {
  format::MonthSecret secret{month, {}};
  random_.fill(secret.secret.bytes);
  write_own_event(format::Kind::kMonthSecret, format::encode_month_secret(secret));
}

/// One that goes with its month.
Buffer GroupBuilder::encode_own_event(format::Kind kind, std::uint64_t sequence, Bytes payload) {
  format::Record record;
  record.kind = kind;
  record.source = format::kLogItself;
  record.sequence = sequence;
  record.time_us = now_us_;
  record.media_type = format::media_type_of(record.kind);
  record.payload = payload;
  random_.fill(record.salt);
  auto bytes = format::encode_record(record);
  CHECK(bytes.has_value());
  return std::move(*bytes);
}

/// In a batch of its own.
void GroupBuilder::write_own_event(format::Kind kind, Bytes payload) {
  const std::uint64_t sequence = state_.own().next_event;
  const Buffer bytes = encode_own_event(kind, sequence, payload);
  append_record(bytes);
  seal_own({bytes}, {{format::kLogItself, sequence, 1}});
}

/// What is a report was looked at before it came into the queue.
void GroupBuilder::admit(const std::vector<Report>& reports, Item& item) {
  begin_records();
  const LeafIndex first = group_.end();
  const std::uint64_t sequence = state_.own().next_event;
  std::vector<Buffer> records;
  std::vector<Bytes> events;
  for (const Report& report : reports)
    records.push_back(
        encode_own_event(report.kind, sequence + records.size(), bytes_of(report.text)));
  for (const Buffer& record : records) {
    append_record(record);
    events.emplace_back(record);
  }
  const auto count = static_cast<std::uint32_t>(records.size());
  seal_own(events, {{format::kLogItself, sequence, count}});
  group_.replies.push_back({std::move(item.done), {first, count, nullptr, false, true}});
}

Group GroupBuilder::finish() {
  for (std::span<PendingRequest> left = pending_; !left.empty();) {
    const std::size_t next = fit_one_seal(left);
    seal_pending(left.first(next));
    left = left.subspan(next);
  }
  if (key_events_ != 0)
    group_.key_change =
        key_removals_ == group_.count - clock_records_ ? KeyChange::kRemovalsOnly : KeyChange::kAny;
  if (retention_changed_) state_.show_retention(TreeSize{group_.end().value});
  for (const SourceId id : moved_) group_.sources.emplace_back(id, *state_.source(id));
  Buffer front = store::encode_requests(group_.requests);
  if (group_.body.empty() || !group_.body.front().compressed.empty())
    group_.body.insert(group_.body.begin(), store::Piece{std::move(front), {}});
  else
    group_.body.front().plain.insert(group_.body.front().plain.begin(), front.begin(), front.end());
  return std::move(group_);
}

void GroupBuilder::seal_pending(std::span<PendingRequest> requests) {
  const auto next_event = [this](SourceId id) {
    const auto source = state_.known_source(id);
    return source ? source->end.next_event : 0;
  };
  std::vector<RequestRecords> batch = encode_requests(requests, next_event, random_);
  if (batch.empty()) return;  // every one of these requests was refused
  begin_records();
  register_senders(batch);
  if (batch.empty()) return;
  std::vector<Bytes> events;
  for (const RequestRecords& request : batch) {
    append_request(request);
    events.insert(events.end(), request.records.begin(), request.records.end());
    moved_.insert(request.of->source);
  }
  seal_own(events, runs_of(batch));
}

/// Those who send for the first time. The requests of one who may not join are no longer of the batch,
/// which is sorted by source: one look is enough for all of a sender's.
void GroupBuilder::register_senders(std::vector<RequestRecords>& batch) {
  std::optional<SourceId> seen;
  Result<void> may_send;
  std::erase_if(batch, [&](const RequestRecords& request) {
    if (seen != request.of->source) may_send = register_if_new(*request.of);
    seen = request.of->source;
    if (!may_send) request.of->refuse(may_send.error());
    return !may_send;
  });
}

Result<void> GroupBuilder::register_if_new(const PendingRequest& pending) {
  const format::Sender& sender = pending.request.sender;
  const auto known = state_.sources().find(pending.source);
  if (known == state_.sources().end() || known->second.key ||
      known->second.name != format::source_name(sender))
    return register_sender(sender);
  return {};
}

/// Errors: kInvalid  its name gives a source that somebody else has.  kFull  the log has as many sources
/// as it may.
Result<void> GroupBuilder::register_sender(const format::Sender& sender) {
  const std::size_t sources = state_.sources().size();
  if (sources >= senders_max_)
    return full("the log has " + std::to_string(sources) +
                " sources, and no new sender joins: an operator raises senders_max");
  const auto joined =
      append_control(format::Kind::kSender, format::sender_text({state_.origin(), sender}));
  return joined ? Result<void>() : joined.error();
}

void GroupBuilder::append_request(const RequestRecords& request) {
  PendingRequest& pending = *request.of;
  const LeafIndex first = group_.end();
  const auto count = static_cast<std::uint32_t>(request.records.size());
  std::vector<Buffer> headers;
  headers.reserve(count);
  for (std::uint32_t k = 0; k < count; ++k) {
    const Bytes record = request.records[k];
    append_record(record);
    headers.push_back(
        to_buffer(record.first(record.size() - pending.request.events[k].payload.size())));
  }
  if (pending.request.key)
    group_.requests.push_back({*pending.request.key, pending.request.content, first, count});
  for (std::size_t k = 0; k < pending.done.size(); ++k) {
    const bool is_last = k + 1 == pending.done.size();
    Appended appended{first, count, nullptr, k != 0, true};
    appended.record_headers = is_last ? std::move(headers) : headers;
    group_.replies.push_back({std::move(pending.done[k]), std::move(appended)});
  }
}

/// The events are appended; the log's own chain goes on with their seal.
void GroupBuilder::seal_own(const std::vector<Bytes>& events, std::vector<format::SealedRun> runs) {
  format::Seal seal;
  seal.sealer = format::Sealer::kLog;
  seal.source = format::kLogItself;
  seal.sequence = state_.own().next_batch;
  seal.time_us = now_us_;
  seal.previous = state_.own().last_seal;
  seal.count = static_cast<std::uint32_t>(events.size());
  seal.runs = std::move(runs);
  std::vector<Hash> leaves = merkle::leaf_hashes(events);
  seal.root = merkle::root_of(leaves);
  random_.fill(seal.salt);
  const auto record = format::encode_seal(seal);
  CHECK(record.has_value());
  const LeafIndex at = group_.end();
  append_record(*record);
  leaves.push_back(merkle::leaf_hash(*record));
  group_.leaves.insert(group_.leaves.end(), leaves.begin(), leaves.end());
  state_.advance(seal, {at, leaves.back()});
}

}  // namespace varve::log
