// A thread for each log: what they wait for is the disk.
#include "tools/bench/days.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "ledger/env/posix.h"
#include "tools/bench/events.h"
#include "tools/bench/loader.h"

namespace varve::bench {
namespace {

constexpr std::uint64_t kDay_us = 86'400'000'000;
constexpr unsigned kEvents = kRecordsOfADay / 2 - 1;  // of each of a day's two requests, and a seal
constexpr std::size_t kDifferentEvents = 1'000;

class DayClock final : public env::Clock {
 public:
  explicit DayClock(std::uint64_t now_us) : now_us_(now_us) {}
  [[nodiscard]] std::uint64_t now_us() const override { return now_us_; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return env::posix_clock().steady_ms(); }
  void next_day() { now_us_ += kDay_us; }

 private:
  std::atomic<std::uint64_t> now_us_;
};

Result<void> append_some(Log& log, const std::vector<std::string>& pool, Chance& chance) {
  EventRequest request;
  std::vector<std::size_t> sizes;
  for (unsigned k = 0; k < kEvents; ++k) {
    const std::string& event = pool[chance.below(pool.size())];
    append(request.body, bytes_of(event));
    sizes.push_back(event.size());
  }
  Bytes rest = request.body;
  for (const std::size_t size : sizes) {
    request.events.push_back({"application/json", rest.first(size)});
    rest = rest.subspan(size);
  }
  std::promise<Result<Appended>> promise;
  auto done = promise.get_future();
  log.append(std::move(request),
             [&promise](Result<Appended> outcome) { promise.set_value(std::move(outcome)); });
  const Result<Appended> appended = done.get();
  if (!appended) return appended.error();
  return {};
}

/// A segment is sealed behind the first append that finds it a day old.
Result<void> fill(Log& log, DayClock& clock, unsigned days, std::size_t event_bytes) {
  const std::vector<std::string> pool = event_pool(event_bytes, kDifferentEvents);
  Chance chance(clock.now_us());
  for (; days > 0; --days) {
    RETURN_IF_ERROR(append_some(log, pool, chance));
    clock.next_day();
    RETURN_IF_ERROR(append_some(log, pool, chance));
  }
  return {};
}

Result<void> load_one(const Site& site, hsm::Token& token, unsigned log_number, unsigned from,
                      unsigned to, unsigned all, std::size_t event_bytes) {
  const std::string directory = site.path("data/" + log_name(log_number));
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  ASSIGN_OR_RETURN(const auto files, env::open_posix(directory));
  ASSIGN_OR_RETURN(const LogOptions options, options_of(token, log_number));
  DayClock clock(env::posix_clock().now_us() - std::uint64_t{all - from} * kDay_us);
  ASSIGN_OR_RETURN(
      const auto log,
      Log::open(options, {clock, env::system_random(), *files, token, token, nullptr, {}}));
  RETURN_IF_ERROR(fill(*log, clock, to - from, event_bytes));
  log->stop();
  return {};
}

}  // namespace

Result<void> load_days(const Site& site, unsigned logs, unsigned from, unsigned to, unsigned all,
                       std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const auto token, open_token(site));
  std::vector<Result<void>> ended(logs, Result<void>{});
  std::vector<std::jthread> threads;
  for (unsigned log = 0; log < logs; ++log)
    threads.emplace_back(
        [&, log] { ended[log] = load_one(site, *token, log, from, to, all, event_bytes); });
  threads.clear();  // joins
  for (Result<void>& one : ended) RETURN_IF_ERROR(std::move(one));
  return {};
}

}  // namespace varve::bench
