// What is measured on a log of some size: proofs, tiles, memory, audit, start; and what a store of
// events of usual size takes on disk.
#include "tools/bench/big_log.h"

#include <chrono>
#include <cstdio>

#include "ledger/merkle/tile.h"
#include "tools/bench/events.h"
#include "tools/bench/loader.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

constexpr unsigned kReaders = 64;
constexpr double kReadWarmUp = 1;
constexpr std::size_t kDifferentReads = 100'000;

std::string latency_text(Reads& reads) {
  char text[96];
  std::snprintf(text, sizeof text, "/s, p50 %.2f ms, p99 %.2f ms, CPU %.1f us",
                reads.measured.quantile(0.5), reads.measured.quantile(0.99), reads.cpu_us);
  return text;
}

Result<void> measure_reads(const Site& site, const char* name, std::vector<std::string> requests,
                           const Extent& extent, const Ceilings& ceilings, const char* target) {
  ASSIGN_OR_RETURN(Reads reads, read_all(site, std::move(requests), extent.seconds));
  print_figure(name, reads.rate(), latency_text(reads), reads.rate() / ceilings.exchanges, "HTTP",
               target);
  return {};
}

/// The site's server has made its log, and does not run.
Result<Site> loaded_site(const Scenario& scenario, std::uint64_t leaves) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  RETURN_IF_ERROR(site.stop());
  Result<void> loaded;
  const double seconds =
      seconds_of([&] { return load_log(site, leaves, scenario.event_bytes); }, loaded);
  RETURN_IF_ERROR(std::move(loaded));
  char unit[64];
  std::snprintf(unit, sizeof unit, "records/s of %u-byte events", scenario.event_bytes);
  print_figure("load", static_cast<double>(leaves) / seconds, unit, 0, "-", "");
  return site;
}

Result<void> measure_audit(const Site& site, const Scenario& scenario, std::uint64_t leaves,
                           const Ceilings& ceilings) {
  const std::string log = site.path("audit.log");
  Result<void> audited;
  double cpu = 0;
  const double seconds = seconds_of(
      [&]() -> Result<void> {
        ASSIGN_OR_RETURN(
            cpu,
            run_timed({program("varved"), "audit", "--config", site.path("varved.toml")}, log));
        return {};
      },
      audited);
  RETURN_IF_ERROR(std::move(audited));
  const double rate = static_cast<double>(leaves) / seconds;
  char unit[64];
  std::snprintf(unit, sizeof unit, "records/s of %u-byte events, CPU %.2f us", scenario.event_bytes,
                1e6 * cpu / static_cast<double>(leaves));
  print_figure("audit", rate, unit,
               rate * (scenario.event_bytes + kRecordOverhead) / ceilings.hashed_bytes, "SHA-256",
               "1,500,000/s");
  return {};
}

}  // namespace

void print_figure(const char* name, double value, const std::string& unit, double ratio,
                  const char* by, const char* target) {
  std::printf("%-18s %9.0f %-48s %6.2f %-9s %s\n", name, value, unit.c_str(), ratio, by, target);
  std::fflush(stdout);
}

double seconds_of(const std::function<Result<void>()>& step, Result<void>& done) {
  const auto began = std::chrono::steady_clock::now();
  done = step();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::vector<std::string> some_proofs(std::uint64_t leaves) {
  Chance chance(7);
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < kDifferentReads; ++i)
    requests.push_back(
        get_request("/proof/inclusion?index=" + std::to_string(chance.below(leaves))));
  return requests;
}

std::vector<std::string> some_tiles(std::uint64_t leaves) {
  Chance chance(8);
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < kDifferentReads; ++i) {
    const merkle::TileId id{0, chance.below(leaves / merkle::kTileWidth), merkle::kTileWidth};
    requests.push_back(get_request("/tile/" + merkle::tile_path(id)));
  }
  return requests;
}

Result<Reads> read_all(const Site& site, std::vector<std::string> requests, double seconds) {
  Requests all = Requests::repeated(std::move(requests));
  Load load;
  load.port = site.port();
  load.connections = kReaders;
  load.warm_up_s = kReadWarmUp;
  load.seconds = seconds;
  load.next = [&](unsigned c) { return all.next(c); };
  Reads reads;
  const double before = site.server().cpu_seconds();
  ASSIGN_OR_RETURN(reads.measured, run_load(load));
  const double cpu = site.server().cpu_seconds() - before;
  if (reads.measured.refused != 0)
    return io_error("a read was refused with " + std::to_string(reads.measured.refusal));
  reads.cpu_us = 1e6 * cpu / (reads.rate() * (reads.measured.seconds + kReadWarmUp));
  return reads;
}

Result<void> run_big_log(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(Site site, loaded_site(scenario, extent.leaves));
  RETURN_IF_ERROR(site.start());
  RETURN_IF_ERROR(measure_reads(site, "proof-by-index", some_proofs(extent.leaves), extent,
                                ceilings, "40,000/s"));
  RETURN_IF_ERROR(
      measure_reads(site, "hash-tile", some_tiles(extent.leaves), extent, ceilings, "60,000/s"));
  print_figure("memory", static_cast<double>(site.server().peak_memory()) / (1u << 20),
               "MiB resident at most", 0, "-", "< 512");
  RETURN_IF_ERROR(site.stop());
  RETURN_IF_ERROR(measure_audit(site, scenario, extent.leaves, ceilings));
  Result<void> started;
  const double seconds = seconds_of([&] { return site.start(); }, started);
  RETURN_IF_ERROR(std::move(started));
  print_figure("start", 1000 * seconds, "ms, after a clean stop", 0, "-", "< 2,000");
  return {};
}

Result<void> run_size(const Scenario& scenario, const Extent&, const Ceilings& ceilings) {
  constexpr std::uint64_t kEvents = 500'000;  // two segments
  ASSIGN_OR_RETURN(const Site site, loaded_site(scenario, kEvents));
  const double raw = static_cast<double>(kEvents) * scenario.event_bytes;
  print_figure("size", 100 * static_cast<double>(site.stored_bytes()) / raw,
               "% of the raw events, all included", 0, "-", "< 50");
  return measure_audit(site, scenario, kEvents, ceilings);
}

}  // namespace varve::bench
