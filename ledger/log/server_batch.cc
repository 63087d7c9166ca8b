// Sorting, numbering and encoding.
#include "ledger/log/server_batch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/format/batch.h"
#include "ledger/format/record.h"

namespace varve::log {
namespace {

/// Errors: kInvalid  one of the events fits no record.
Result<std::vector<Buffer>> encode_events(const PendingRequest& pending, std::uint64_t sequence,
                                          env::Random& random) {
  const std::vector<Event>& events = pending.request.events;
  std::vector<format::Salt> salts(events.size());
  random.fill(std::as_writable_bytes(std::span(salts)));
  std::vector<Buffer> records;
  records.reserve(events.size());
  for (std::size_t k = 0; k < events.size(); ++k) {
    const Event& event = events[k];
    ASSIGN_OR_RETURN(Buffer record, format::encode_record({format::Kind::kEvent, pending.source,
                                                           sequence + k, event.time_us, salts[k],
                                                           event.media_type, event.payload}));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

Error has_anothers_source(const format::Sender& sender) {
  return invalid("the source " + format::source_name(sender) +
                 " is another's already: give this sender another name");
}

std::vector<RequestRecords> encode_requests(std::span<PendingRequest> requests,
                                            const NextEvent& next_event, env::Random& random) {
  std::ranges::stable_sort(requests, {}, &PendingRequest::source);
  std::vector<RequestRecords> batch;
  batch.reserve(requests.size());
  for (PendingRequest& pending : requests) {
    const bool goes_on = !batch.empty() && batch.back().of->source == pending.source;
    if (goes_on && batch.back().of->request.sender != pending.request.sender) {
      pending.refuse(has_anothers_source(pending.request.sender));
      continue;
    }
    const std::uint64_t first = goes_on ? batch.back().first_sequence + batch.back().records.size()
                                        : next_event(pending.source);
    auto records = encode_events(pending, first, random);
    if (records)
      batch.push_back({&pending, first, std::move(*records)});
    else
      pending.refuse(records.error());
  }
  return batch;
}

std::vector<format::SealedRun> runs_of(const std::vector<RequestRecords>& batch) {
  std::vector<format::SealedRun> runs;
  for (const RequestRecords& request : batch) {
    const SourceId source = request.of->source;
    if (runs.empty() || runs.back().source != source)
      runs.push_back({source, request.first_sequence, 0});
    CHECK(request.first_sequence == runs.back().first_sequence + runs.back().count);
    runs.back().count += static_cast<std::uint32_t>(request.records.size());
  }
  return runs;
}

std::size_t fit_one_seal(std::span<const PendingRequest> requests) {
  std::size_t events = 0;
  std::set<SourceId> sources;
  for (std::size_t k = 0; k < requests.size(); ++k) {
    events += requests[k].request.events.size();
    sources.insert(requests[k].source);
    if (k != 0 && (events > format::kBatchRecordsMax || sources.size() > format::kSealRunsMax))
      return k;
  }
  return requests.size();
}

}  // namespace varve::log
