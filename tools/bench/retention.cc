// What months and holds cost an append: the same load by turns on a log without holds and on one with seven years
// of months and a thousand holds. One server has both logs, so all else is the same.
#include <algorithm>
#include <cstdio>

#include "ledger/env/posix.h"
#include "ledger/format/hold.h"
#include "tools/bench/appends.h"
#include "tools/bench/loader.h"
#include "tools/bench/past_log.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

constexpr unsigned kMonths = 84;
constexpr unsigned kHoldsOfAMonth = 12;
constexpr unsigned kMonthDays = 31;  // never within one month
constexpr unsigned kTurnsOfEach = 2;
constexpr double kTurnWarmUpS = 1;
constexpr unsigned kPlain = 0;  // the site's logs
constexpr unsigned kHeld = 1;

Result<void> place_hold(Log& log, const LogOptions& options, hsm::Token& token,
                        const std::string& id, std::uint32_t month) {
  format::HoldText text{options.origin, id, {}, "case " + id, "a benchmark", "nobody"};
  env::system_random().fill(text.salt.bytes);
  const std::string why = format::hold_text_text(text);
  const format::Hold hold{options.origin,
                          format::HoldAction::kPlace,
                          id,
                          {format::Scope::What::kMonths, month, month, {}},
                          merkle::sha256(bytes_of(why)),
                          {}};
  ASSIGN_OR_RETURN(const std::string note,
                   signed_by(token, format::hold_note_text(hold, format::Mode::kLocked),
                             std::span(&options.first_key, 1)));
  return append_and_wait([&](AppendDone done) { log.append_hold(note, why, std::move(done)); });
}

/// An event and holds in each month up to now.
Result<void> fill_months(const Site& site, unsigned months) {
  ASSIGN_OR_RETURN(const auto token, open_token(site));
  ASSIGN_OR_RETURN(const LogOptions options, options_of(*token, kHeld));
  DayClock clock(std::uint64_t{months} * kMonthDays);
  ASSIGN_OR_RETURN(const PastLog past, open_past(site, kHeld, options, clock, *token));
  for (unsigned m = 0; m < months; ++m) {
    RETURN_IF_ERROR(append_events(*past.log, {"{}"}));
    const std::uint32_t month = past.log->view().retention->months().back().month;
    for (unsigned k = 0; k < kHoldsOfAMonth; ++k)
      RETURN_IF_ERROR(place_hold(*past.log, options, *token,
                                 "case-" + std::to_string(m) + "-" + std::to_string(k), month));
    clock.pass(kMonthDays);
  }
  const LedgerView view = past.log->view();
  past.log->stop();
  if (view.retention->months().size() == months &&
      view.retention->holds().size() == std::size_t{months} * kHoldsOfAMonth)
    return {};
  return invalid("the log has other months and holds than those that were to be measured");
}

struct Turns {
  Measured measured;
  double cpu_seconds = 0;
  [[nodiscard]] double cpu_us() const {
    return 1e6 * cpu_seconds / static_cast<double>(std::max<std::uint64_t>(1, measured.answered));
  }
  [[nodiscard]] double rate() const {
    return static_cast<double>(measured.answered) / measured.seconds;
  }
};

Result<void> take_turn(const Site& site, const Scenario& scenario, unsigned log, double seconds,
                       Turns& sum) {
  Requests events = Requests::events(scenario.event_bytes, log);
  Load load;
  load.port = site.port();
  load.connections = scenario.connections;
  load.seconds = seconds;
  load.warm_up_s = 0;
  load.next = [&](unsigned c) { return events.next(c); };
  const double before = site.server().cpu_seconds();
  ASSIGN_OR_RETURN(const Measured more, run_load(load));
  sum.cpu_seconds += site.server().cpu_seconds() - before;
  sum.measured.add(more);
  return {};
}

void print_ratios(unsigned months, Turns& plain, Turns& held) {
  std::printf("  %u months and %u holds: %.2f times the events/s, %.2f p50, %.2f p99, %.2f CPU\n",
              months, months * kHoldsOfAMonth, held.rate() / plain.rate(),
              held.measured.quantile(0.5) / plain.measured.quantile(0.5),
              held.measured.quantile(0.99) / plain.measured.quantile(0.99),
              held.cpu_us() / plain.cpu_us());
  std::fflush(stdout);
}

}  // namespace

Result<void> run_retention(const Scenario& scenario, const Extent& extent,
                           const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token, 2));
  const unsigned months = std::min(kMonths, extent.days);
  RETURN_IF_ERROR(fill_months(site, months));
  RETURN_IF_ERROR(site.start());
  Turns warm;
  Turns plain;
  Turns held;
  for (const unsigned log : {kPlain, kHeld})
    RETURN_IF_ERROR(take_turn(site, scenario, log, kTurnWarmUpS, warm));
  for (unsigned turn = 0; turn < kTurnsOfEach; ++turn) {
    RETURN_IF_ERROR(take_turn(site, scenario, kPlain, extent.seconds, plain));
    RETURN_IF_ERROR(take_turn(site, scenario, kHeld, extent.seconds, held));
  }
  const Bound bound = bound_of(scenario, ceilings);
  print_appends("no-holds", scenario, plain.measured, plain.cpu_us(), bound);
  print_appends("retention", scenario, held.measured, held.cpu_us(), bound);
  print_ratios(months, plain, held);
  return site.stop();
}

}  // namespace varve::bench
