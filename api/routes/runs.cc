// Counting the log's answers.
#include "api/routes/runs.h"

#include <atomic>
#include <memory>

#include "api/service.h"

namespace varve::api {
namespace {

constexpr std::size_t kFewItems = 64;

struct PendingRuns {
  SharedExchange exchange;
  Reply reply;
  std::size_t items = 0;
  Settle settle;
  Reply::Make make;
  std::atomic<std::size_t> waits_for{0};
};

void settle_run(const PendingRuns& pending, const std::vector<std::size_t>& items, bool envelope,
                const Result<Appended>& done) {
  std::uint64_t next = done ? done->first.value + (envelope ? 1 : 0) : 0;
  for (const std::size_t item : items) {
    if (done)
      pending.settle(item, Placed{LeafIndex{next++}, done->repeated});
    else
      pending.settle(item, done.error());
  }
}

void finish_one(const std::shared_ptr<PendingRuns>& pending) {
  if (--pending->waits_for != 0) return;
  if (pending->items <= kFewItems)
    return pending->reply.later([pending] { return pending->make(); });
  Exchange& exchange = *pending->exchange;
  exchange.service->work(exchange, pending->reply, [pending] { pending->reply(pending->make()); });
}

}  // namespace

void append_runs(const SharedExchange& exchange, const Reply& reply, std::vector<Run> runs,
                 std::size_t items, Settle settle, Reply::Make make) {
  const auto pending = std::make_shared<PendingRuns>(exchange, reply, items, std::move(settle),
                                                     std::move(make), runs.size() + 1);
  for (Run& run : runs) {
    auto places = std::make_shared<const std::vector<std::size_t>>(std::move(run.items));
    const bool envelope = run.has_envelope;
    run.request.sender = sender_of(exchange->caller);
    exchange->log().append(std::move(run.request),
                           [pending, places, envelope](const Result<Appended>& done) {
                             settle_run(*pending, *places, envelope, done);
                             finish_one(pending);
                           });
  }
  finish_one(pending);  // this function too was waited for
}

}  // namespace varve::api
