// Which events of a _bulk request are appended together.
#include "api/common/json.h"
#include "api/routes/bulk.h"
#include "api/routes/hash_parts.h"
#include "api/routes/slices.h"

namespace varve::api {
namespace {

std::string envelope_of(const BulkItem& item) {
  return R"({"protocol":"elasticsearch-bulk","index":)" + json_text(item.index) + "}";
}

bool goes_on(const std::vector<BulkItem>& items, const Run& run, std::size_t bytes,
             const BulkItem& next) {
  const BulkItem& first = items[run.items.front()];
  return first.id.empty() && next.id.empty() && first.from_path == next.from_path &&
         run.items.size() + 1 < format::kBatchRecordsMax &&
         bytes + next.slice.size() <= kRunBytesMax;
}

// Its bytes first, because views into a buffer that grows would not last.
void fill_run(Run& run, const std::vector<BulkItem>& items, const BulkSender& sender) {
  const BulkItem& first = items[run.items.front()];
  run.has_envelope = first.from_path;
  std::vector<std::size_t> ends;
  Buffer& body = run.request.body;
  if (run.has_envelope) {
    append(body, bytes_of(envelope_of(first)));
    ends.push_back(body.size());
  }
  for (const std::size_t place : run.items) {
    append(body, bytes_of(items[place].slice));
    ends.push_back(body.size());
  }
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    const bool envelope = run.has_envelope && begin == 0;
    run.request.events.push_back({envelope ? kEnvelopeType : kBulkMediaType,
                                  Bytes{body}.subspan(begin, end - begin), sender.time_us});
    begin = end;
  }
  if (first.id.empty()) return;
  run.request.content = hash_parts("varve bulk event v1\n", {bytes_of(first.slice)});
  run.request.key = hash_parts("varve bulk id v1\n", {bytes_of(sender.client), bytes_of(sender.log),
                                                      bytes_of(first.index), bytes_of(first.id)});
}

}  // namespace

std::vector<Run> plan_bulk(const std::vector<BulkItem>& items, const BulkSender& sender) {
  std::vector<Run> runs;
  std::size_t bytes = 0;
  for (std::size_t place = 0; place < items.size(); ++place) {
    const BulkItem& item = items[place];
    if (item.refusal) continue;
    if (runs.empty() || !goes_on(items, runs.back(), bytes, item)) {
      runs.emplace_back();
      bytes = 0;
    }
    runs.back().items.push_back(place);
    bytes += item.slice.size();
  }
  for (Run& run : runs) fill_run(run, items, sender);
  return runs;
}

}  // namespace varve::api
