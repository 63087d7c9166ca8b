// A thread for each log: what they wait for is the disk.
#include "tools/bench/days.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <iterator>
#include <thread>

#include "ledger/env/posix.h"
#include "tools/bench/events.h"
#include "tools/bench/loader.h"

namespace varve::bench {
namespace {

constexpr std::uint64_t kDay_us = 86'400'000'000;
// Of each of a day's two requests: a clock record is in front of them, and a seal behind.
constexpr unsigned kEvents = kRecordsOfADay / 2 - 2;
constexpr std::size_t kDifferentEvents = 1'000;

/// Both clocks of a machine that runs on: a log counts its days by the steady one.
class DayClock final : public env::Clock {
 public:
  explicit DayClock(std::uint64_t begin_us) : begin_us_(begin_us) {}
  [[nodiscard]] std::uint64_t now_us() const override { return begin_us_ + days_ * kDay_us; }
  [[nodiscard]] std::uint64_t steady_ms() const override {
    return env::posix_clock().steady_ms() + days_ * kDay_us / 1'000;
  }
  void next_day() { ++days_; }

 private:
  const std::uint64_t begin_us_;
  std::atomic<std::uint64_t> days_ = 0;
};

Result<void> append_some(Log& log, const std::vector<std::string>& pool, Chance& chance) {
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "bench"};
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
  const std::filesystem::directory_iterator segments(directory + "/segments", failed);
  const auto count = static_cast<std::uint64_t>(std::distance(begin(segments), end(segments)));
  if (count >= to) return {};
  return invalid(directory + " has " + std::to_string(count) + " segments after " +
                 std::to_string(to) + " days: what was to be measured is not there");
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
