// A thread for each log: what they wait for is the disk.
#include "tools/bench/days.h"

#include <filesystem>
#include <iterator>
#include <thread>

#include "tools/bench/events.h"
#include "tools/bench/loader.h"
#include "tools/bench/past_log.h"

namespace varve::bench {
namespace {

// Of each of a day's two requests: a clock record is in front of them, and a seal behind.
constexpr unsigned kEvents = kRecordsOfADay / 2 - 2;
constexpr std::size_t kDifferentEvents = 1'000;

Result<void> append_some(Log& log, const std::vector<std::string>& pool, Chance& chance) {
  std::vector<std::string> events;
  for (unsigned k = 0; k < kEvents; ++k) events.push_back(pool[chance.below(pool.size())]);
  return append_events(log, events);
}

/// A segment is sealed behind the first append that finds it a day old.
Result<void> fill(Log& log, DayClock& clock, unsigned days, std::size_t event_bytes) {
  const std::vector<std::string> pool = event_pool(event_bytes, kDifferentEvents);
  Chance chance(clock.now_us());
  for (; days > 0; --days) {
    RETURN_IF_ERROR(append_some(log, pool, chance));
    clock.pass(1);
    RETURN_IF_ERROR(append_some(log, pool, chance));
  }
  return {};
}

Result<void> load_one(const Site& site, hsm::Token& token, unsigned log_number, unsigned from,
                      unsigned to, unsigned all, std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const LogOptions options, options_of(token, log_number));
  DayClock clock(all - from);
  ASSIGN_OR_RETURN(const PastLog past, open_past(site, log_number, options, clock, token));
  RETURN_IF_ERROR(fill(*past.log, clock, to - from, event_bytes));
  past.log->stop();
  const std::string directory = site.path("data/" + log_name(log_number));
  std::error_code failed;
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
