// What a log costs as it grows: the same is measured on one log of 1 M leaves, of 10 M, and so on,
// and printed with its ratio to the first. And a start after kill -9.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/bench/big_log.h"
#include "tools/bench/loader.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

constexpr std::uint64_t kFirstSize = 1'000'000;
constexpr std::uint64_t kStep = 10;
constexpr double kOffered = 500;  // single events a second: far below what the log can take
constexpr unsigned kAppenders = 16;

struct Costs {
  double start_ms = 0;
  double append_p50_ms = 0;
  double append_p99_ms = 0;
  double proof_p50_ms = 0;
  double proof_cpu_us = 0;
  double memory_mib = 0;
  double start_after_kill_ms = 0;
};

Result<double> start_ms(Site& site) {
  Result<void> started;
  const double seconds = seconds_of([&] { return site.start(); }, started);
  RETURN_IF_ERROR(std::move(started));
  return 1000 * seconds;
}

Result<Measured> append_some(const Site& site, double seconds) {
  Requests events = Requests::events(300);
  Load load;
  load.port = site.port();
  load.connections = kAppenders;
  load.rate = kOffered;
  load.seconds = seconds;
  load.next = [&](unsigned c) { return events.next(c); };
  ASSIGN_OR_RETURN(Measured measured, run_load(load));
  if (measured.refused != 0)
    return io_error("an append was refused with " + std::to_string(measured.refusal));
  return measured;
}

Result<Costs> measure(Site& site, std::uint64_t leaves, double seconds) {
  Costs costs;
  ASSIGN_OR_RETURN(costs.start_ms, start_ms(site));
  ASSIGN_OR_RETURN(Measured appends, append_some(site, seconds));
  costs.append_p50_ms = appends.quantile(0.5);
  costs.append_p99_ms = appends.quantile(0.99);
  ASSIGN_OR_RETURN(Reads proofs, read_all(site, some_proofs(leaves), seconds));
  costs.proof_p50_ms = proofs.measured.quantile(0.5);
  costs.proof_cpu_us = proofs.cpu_us;
  costs.memory_mib = static_cast<double>(site.server().peak_memory()) / (1u << 20);
  site.kill_9();
  ASSIGN_OR_RETURN(costs.start_after_kill_ms, start_ms(site));
  RETURN_IF_ERROR(site.stop());
  return costs;
}

void print_cost(const char* name, double Costs::*figure, const Costs& costs, const Costs& first,
                const char* target) {
  std::printf("  %-22s %10.2f %6.2f  %s\n", name, costs.*figure, costs.*figure / first.*figure,
              target);
}

void print(std::uint64_t leaves, const Costs& costs, const Costs& first) {
  std::printf("growth: %llu leaves, and the ratio to the first size\n",
              static_cast<unsigned long long>(leaves));
  print_cost("start, ms", &Costs::start_ms, costs, first, "< 2,000");
  print_cost("append p50, ms", &Costs::append_p50_ms, costs, first, "ratio < 1.1");
  print_cost("append p99, ms", &Costs::append_p99_ms, costs, first, "ratio < 1.1");
  print_cost("proof p50, ms", &Costs::proof_p50_ms, costs, first, "ratio < 1.1");
  print_cost("proof CPU, us", &Costs::proof_cpu_us, costs, first, "ratio < 1.1");
  print_cost("memory, MiB", &Costs::memory_mib, costs, first, "< 512");
  print_cost("start after kill, ms", &Costs::start_after_kill_ms, costs, first, "< 2,000");
  std::fflush(stdout);
}

/// Sealed batches of new sources over HTTP, into the open segment.
Result<void> fill_open_segment(const Site& site, const Scenario& scenario, std::uint64_t events) {
  const std::uint64_t batches = 1 + events / scenario.batch / scenario.connections;
  ASSIGN_OR_RETURN(Requests requests, Requests::sealed(site, scenario.connections, batches,
                                                       scenario.batch, scenario.event_bytes));
  Load load;
  load.port = site.port();
  load.connections = scenario.connections;
  load.warm_up_s = 0;
  load.seconds = 3600;
  load.all = true;
  load.next = [&](unsigned c) { return requests.next(c); };
  ASSIGN_OR_RETURN(const Measured measured, run_load(load));
  if (measured.refused != 0)
    return io_error("an append was refused with " + std::to_string(measured.refusal));
  return {};
}

}  // namespace

Result<void> run_growth(const Scenario& scenario, const Extent& extent, const Ceilings&) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  RETURN_IF_ERROR(site.stop());
  std::uint64_t have = 0;
  Costs first;
  for (std::uint64_t size = std::min(kFirstSize, extent.leaves); size <= extent.leaves;
       size *= kStep) {
    RETURN_IF_ERROR(load_log(site, size - have, scenario.event_bytes));
    ::sync();  // the kernel is not to write it while the log is measured
    ASSIGN_OR_RETURN(const Costs costs, measure(site, size, extent.seconds));
    if (have == 0) first = costs;
    print(size, costs, first);
    have = size;
  }
  return {};
}

Result<void> run_kill(const Scenario& scenario, const Extent&, const Ceilings&) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  constexpr std::uint64_t kInASegment = 400'000;  // events that do not quite fill 64 MiB
  RETURN_IF_ERROR(fill_open_segment(site, scenario, kInASegment));
  site.kill_9();
  ASSIGN_OR_RETURN(const double ms, start_ms(site));
  print_figure("start-after-kill", ms, "ms, with a full open segment", 0, "-", "< 2,000");
  return {};
}

}  // namespace varve::bench
