// Batches of neighbours, and what became of them together.
#include "api/routes/slices.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "api/common/json.h"
#include "api/service.h"
#include "ledger/base/mutex.h"
#include "ledger/format/batch.h"

namespace varve::api {
namespace {

/// What is known when the log has answered the last batch.
class PendingSlices {
 public:
  explicit PendingSlices(SlicesDone done) : done_(std::move(done)) {}

  void settle(const Result<Placed>& placed) {
    const MutexLock lock(mutex_);
    if (placed)
      last_ = std::max(last_, placed->index);
    else if (!refusal_)
      refusal_ = placed.error();
  }

  [[nodiscard]] Response make() const {
    const MutexLock lock(mutex_);
    if (refusal_) return done_(*refusal_);
    return done_(last_);
  }

 private:
  const SlicesDone done_;
  mutable Mutex mutex_;
  LeafIndex last_ GUARDED_BY(mutex_);
  std::optional<Error> refusal_ GUARDED_BY(mutex_);
};

/// How far it reaches: what comes behind may be of another request of the same source.
std::string envelope_of(const Slices& slices, std::size_t events) {
  if (slices.envelope.empty()) return {};
  std::string out = slices.envelope;
  out.pop_back();  // the }
  return out + ",\"events\":" + std::to_string(events) + "}";
}

void fill_slices(Run& run, const Slices& slices, std::uint64_t time_us) {
  Buffer& body = run.request.body;
  const std::string envelope = envelope_of(slices, run.items.size());
  std::size_t size = envelope.size();
  for (const std::size_t place : run.items) size += slices.events[place].size();
  body.reserve(size);  // views into a buffer that grows would not last
  const auto add = [&](std::string_view media_type, std::string_view payload) {
    const std::size_t begin = body.size();
    append(body, bytes_of(payload));
    run.request.events.push_back({media_type, Bytes{body}.subspan(begin), time_us});
  };
  run.has_envelope = !envelope.empty();
  if (run.has_envelope) add(kEnvelopeType, envelope);
  for (const std::size_t place : run.items) add(slices.media_type, slices.events[place]);
}

std::vector<Run> plan_slices(const Slices& slices, std::uint64_t time_us) {
  std::vector<Run> runs;
  std::size_t bytes = 0;
  for (std::size_t place = 0; place < slices.events.size(); ++place) {
    bytes += slices.events[place].size();
    if (runs.empty() || bytes > kRunBytesMax ||
        runs.back().items.size() + 1 == format::kBatchRecordsMax) {
      runs.emplace_back();
      bytes = slices.events[place].size();
    }
    runs.back().items.push_back(place);
  }
  for (Run& run : runs) fill_slices(run, slices, time_us);
  return runs;
}

}  // namespace

std::string query_envelope(const Exchange& exchange, std::string_view protocol,
                           std::initializer_list<std::string_view> names) {
  JsonWriter out;
  out.begin_object().key("protocol").text(protocol);
  bool any = false;
  for (const std::string_view name : names) {
    const std::string* value = exchange.target.parameter(name);
    if (value == nullptr) continue;
    out.key(name).text(*value);
    any = true;
  }
  return any ? out.end_object().take() : std::string{};
}

void append_slices(const SharedExchange& exchange, const Reply& reply, const Slices& slices,
                   SlicesDone done) {
  std::vector<Run> runs = plan_slices(slices, exchange->service->clock().now_us());
  exchange->request.body = Buffer();  // the runs hold what is appended
  const auto pending = std::make_shared<PendingSlices>(std::move(done));
  append_runs(
      exchange, reply, std::move(runs), slices.events.size(),
      [pending](std::size_t, const Result<Placed>& placed) { pending->settle(placed); },
      [pending] { return pending->make(); });
}

}  // namespace varve::api
