// Appending: a server of its own for each scenario, the load, one row.
#include "tools/bench/appends.h"

#include <algorithm>
#include <cstdio>

#include "tools/bench/quiet.h"
#include "tools/bench/requests.h"
#include "tools/bench/scenarios.h"

namespace varve::bench {
namespace {

constexpr double kWarmUp = 1;
constexpr unsigned kCores = 2;

/// Batches that each connection needs for twice the target, or what memory allows.
std::uint64_t batches_needed(const Scenario& scenario, double seconds) {
  constexpr double kBytesASecond = 330e6;
  constexpr double kRequestsASecond = 60'000;
  const double batch_bytes = scenario.batch * (scenario.event_bytes + 60.0);
  const double a_second = std::min(kRequestsASecond, kBytesASecond / batch_bytes);
  return 1 + static_cast<std::uint64_t>(a_second * (seconds + kWarmUp) / scenario.connections);
}

void print_refused(const Measured& measured) {
  if (measured.refused != 0)
    std::printf("  %llu were refused, one with %d\n",
                static_cast<unsigned long long>(measured.refused), measured.refusal);
  std::fflush(stdout);
}

}  // namespace

Load offered_load(const Site& site, const Scenario& scenario, double seconds) {
  Load load;
  load.port = site.port();
  load.connections = scenario.connections;
  load.rate = scenario.rate;
  load.seconds = seconds;
  load.warm_up_s = 0;
  return load;
}

Bound bound_of(const Scenario& scenario, const Ceilings& c) {
  const double record = scenario.event_bytes + 60.0;
  const double cpu = record * (2 / c.hashed_bytes + 1 / c.compressed_bytes +
                               1 / c.decompressed_bytes + 2 * c.compression / c.encrypted_bytes);
  const double batch = std::max(1u, scenario.batch);
  if (scenario.rate > 0) return {scenario.rate, "offered"};
  const double one = 1 / (2 / c.syncs + 1 / c.signatures + 1 / c.round_trips);
  Bound bound{kCores / cpu, "CPU"};
  const auto lower = [&bound](double events, const char* by) {
    if (events < bound.events) bound = {events, by};
  };
  lower(c.synced_bytes / (record * c.compression), "disk");
  lower(batch * c.exchanges, "HTTP");
  if (scenario.connections == 1) lower(batch * one, "2 fdatasync + signature + HTTP");
  return bound;
}

void print_columns() {
  std::printf("%-18s %9s %7s %8s %8s %8s %8s %6s %-9s %s\n", "scenario", "events/s", "MB/s",
              "p50 ms", "p99 ms", "max ms", "CPU us", "ratio", "bound by", "target");
  std::fflush(stdout);
}

void print_appends(std::string_view name, const Scenario& scenario, Measured& measured,
                   double cpu_us, const Bound& bound) {
  const double batch = std::max(1u, scenario.batch);
  const double events = batch * static_cast<double>(measured.answered) / measured.seconds;
  std::printf("%-18s %9.0f %7.1f %8.2f %8.2f %8.2f %8.2f %6.2f %-9s %s\n", name.data(), events,
              events * scenario.event_bytes / 1e6, measured.quantile(0.5), measured.quantile(0.99),
              measured.quantile(1), cpu_us, events / bound.events, bound.by,
              scenario.target.data());
  print_refused(measured);
}

void print_offered(const char* name, const Scenario& scenario, Measured& measured) {
  const double events = static_cast<double>(measured.answered) / measured.seconds;
  std::printf("%-18s %9.0f %7.1f %8.2f %8.2f %8.2f\n", name, events,
              events * scenario.event_bytes / 1e6, measured.quantile(0.5), measured.quantile(0.99),
              measured.quantile(1));
  print_refused(measured);
}

Result<void> run_appends(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  Requests requests = Requests::events(scenario.event_bytes);
  if (scenario.batch != 0) {
    ASSIGN_OR_RETURN(requests, Requests::sealed(site, scenario.connections,
                                                batches_needed(scenario, extent.seconds),
                                                scenario.batch, scenario.event_bytes));
  }
  const QuietPeers quiet(site.port(), scenario.quiet);
  Load load;
  load.port = site.port();
  load.connections = scenario.connections;
  load.rate = scenario.rate;
  load.seconds = extent.seconds;
  load.warm_up_s = kWarmUp;
  load.next = [&](unsigned c) { return requests.next(c); };
  const double cpu_before = site.server().cpu_seconds();
  ASSIGN_OR_RETURN(Measured measured, run_load(load));
  const double cpu = site.server().cpu_seconds() - cpu_before;
  const double events = static_cast<double>(measured.answered) * std::max(1u, scenario.batch) *
                        (measured.seconds + kWarmUp) / measured.seconds;
  print_appends(scenario.name, scenario, measured, 1e6 * cpu / events,
                bound_of(scenario, ceilings));
  return site.stop();
}

}  // namespace varve::bench
