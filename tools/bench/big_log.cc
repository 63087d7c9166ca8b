// What is measured on a log of some size: proofs, tiles, memory, size on disk, audit; and a start
// after kill -9.
#include <chrono>
#include <cstdio>

#include "ledger/merkle/tile.h"
#include "tools/bench/events.h"
#include "tools/bench/load.h"
#include "tools/bench/requests.h"
#include "tools/bench/scenarios.h"

namespace varve::bench {
namespace {

constexpr std::uint64_t kLoadedAtOnce = 1'000'000;  // events sealed in memory
constexpr unsigned kReaders = 64;
constexpr std::size_t kDifferentReads = 100'000;

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// Appends about that many events, over sources that are new each time.
Result<void> fill(const Site& site, const Scenario& scenario, std::uint64_t events) {
  while (events != 0) {
    const std::uint64_t now = std::min(events, kLoadedAtOnce);
    const std::uint64_t batches = 1 + now / scenario.batch / scenario.connections;
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
    events -= now;
  }
  return {};
}

void print_row(const char* name, double value, const char* unit, double ratio, const char* by,
               const char* target) {
  std::printf("%-18s %9.0f %-35s %6.2f %-9s %s\n", name, value, unit, ratio, by, target);
  std::fflush(stdout);
}

Result<void> read_randomly(const Site& site, const char* name, std::vector<std::string> requests,
                           double seconds, const Ceilings& ceilings, const char* target) {
  Requests all = Requests::repeated(std::move(requests));
  Load load;
  load.port = site.port();
  load.connections = kReaders;
  load.seconds = seconds;
  load.next = [&](unsigned c) { return all.next(c); };
  ASSIGN_OR_RETURN(Measured measured, run_load(load));
  const double a_second = static_cast<double>(measured.answered) / measured.seconds;
  char unit[64];
  std::snprintf(unit, sizeof unit, "/s, p50 %.2f ms, p99 %.2f ms", measured.quantile(0.5),
                measured.quantile(0.99));
  print_row(name, a_second, unit, a_second / ceilings.exchanges, "HTTP", target);
  if (measured.refused != 0) return io_error("a read was refused with " + std::to_string(measured.refusal));
  return {};
}

Result<void> measure_reads(const Site& site, const Extent& extent, const Ceilings& ceilings) {
  Chance chance(7);
  std::vector<std::string> proofs;
  std::vector<std::string> tiles;
  for (std::size_t i = 0; i < kDifferentReads; ++i) {
    const std::uint64_t leaf = chance.below(extent.leaves);
    proofs.push_back(get_request("/proof/inclusion?index=" + std::to_string(leaf)));
    const merkle::TileId id{0, chance.below(extent.leaves / merkle::kTileWidth), merkle::kTileWidth};
    tiles.push_back(get_request("/tile/" + merkle::tile_path(id)));
  }
  RETURN_IF_ERROR(read_randomly(site, "proof-by-index", std::move(proofs), extent.seconds, ceilings,
                                "40,000/s"));
  return read_randomly(site, "hash-tile", std::move(tiles), extent.seconds, ceilings, "60,000/s");
}

Result<double> timed_start(Site& site) {
  const auto began = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(site.start());
  return seconds_since(began);
}

}  // namespace

Result<void> run_big_log(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  RETURN_IF_ERROR(fill(site, scenario, extent.leaves));
  RETURN_IF_ERROR(measure_reads(site, extent, ceilings));
  print_row("memory", static_cast<double>(site.server().peak_memory()) / (1u << 20),
            "MiB resident at most", 0, "-", "< 512");
  RETURN_IF_ERROR(site.stop());
  const double leaves = static_cast<double>(extent.leaves);
  const double raw = leaves * scenario.event_bytes;
  const double stored = static_cast<double>(site.stored_bytes());
  print_row("size", 100 * stored / raw, "% of the raw events, all included", 0, "-", "< 50");
  const auto began = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(run({program("varved"), "audit", "--config", site.path("varved.toml")},
                      site.path("audit.log")));
  const double audited = leaves / seconds_since(began);
  const double record = scenario.event_bytes + 60.0;
  print_row("audit", audited, "records/s", audited * record / ceilings.hashed_bytes, "SHA-256",
            "1,500,000/s");
  ASSIGN_OR_RETURN(const double seconds, timed_start(site));
  print_row("start", 1000 * seconds, "ms, after a clean stop", 0, "-", "< 2,000");
  return {};
}

Result<void> run_kill(const Scenario& scenario, const Extent&, const Ceilings&) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  constexpr std::uint64_t kInASegment = 400'000;  // events that do not quite fill 64 MiB
  RETURN_IF_ERROR(fill(site, scenario, kInASegment));
  site.kill_9();
  ASSIGN_OR_RETURN(const double seconds, timed_start(site));
  print_row("start-after-kill", 1000 * seconds, "ms, with a full open segment", 0, "-", "< 2,000");
  return {};
}

}  // namespace varve::bench
