// What the number of segments costs: logs that are sealed daily, after one, three and six and a
// half years, one of them in a server and eight. Each figure is printed with its ratio to the first
// age's; what is flat has 1.
#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "tools/bench/big_log.h"
#include "tools/bench/days.h"
#include "tools/bench/events.h"
#include "tools/bench/loader.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

constexpr unsigned kOneYear = 365;
constexpr unsigned kThreeYears = 1'095;
constexpr unsigned kLogs = 8;
constexpr unsigned kDifferentLookups = 4'000;

/// The rows of one run, held against those of the first age.
class Rows {
 public:
  void begin(unsigned days, unsigned logs) {
    logs_ = logs;
    std::printf("years: %u segments a log, %u %s, the ratio to the first age, and to the ceiling\n",
                days, logs, logs == 1 ? "log" : "logs");
    std::fflush(stdout);
  }
  /// `ceiling` in the figure's own unit; 0: none binds it.
  void add(const char* name, double value, double ceiling = 0, const char* by = "-") {
    const double first = first_.try_emplace({logs_, name}, value).first->second;
    std::printf("  %-30s %10.2f %7.2f %9.2f %s\n", name, value, value / first,
                ceiling == 0 ? 0.0 : value / ceiling, by);
    std::fflush(stdout);
  }

 private:
  unsigned logs_ = 0;
  std::map<std::pair<unsigned, std::string>, double> first_;
};

struct Age {
  unsigned days = 0;
  unsigned logs = 0;
  [[nodiscard]] double records() const { return 1.0 * days * logs * kRecordsOfADay; }
};

std::string lookup(unsigned log, const Hash& leaf) {
  return get_request("/proof/inclusion?leaf_hash=" + hex(leaf.view()), log);
}

/// Of leaves anywhere in the logs, by turns.
Result<std::vector<std::string>> present(const Site& site, const Age& age) {
  Chance chance(9);
  std::vector<std::unique_ptr<env::File>> leaves;
  for (unsigned log = 0; log < age.logs; ++log) {
    ASSIGN_OR_RETURN(const auto files, env::open_posix(site.path("data/" + log_name(log))));
    ASSIGN_OR_RETURN(leaves.emplace_back(), files->open_read("tree/00"));
  }
  std::vector<std::string> requests;
  for (unsigned k = 0; k < kDifferentLookups; ++k) {
    const unsigned log = k % age.logs;
    ASSIGN_OR_RETURN(const ByteOffset size, leaves[log]->size());
    Hash leaf;
    RETURN_IF_ERROR(leaves[log]->read(ByteOffset{chance.below(size.value / kHashSize) * kHashSize},
                                      leaf.bytes));
    requests.push_back(lookup(log, leaf));
  }
  return requests;
}

std::vector<std::string> absent(const Age& age) {
  std::vector<std::string> requests;
  for (unsigned k = 0; k < kDifferentLookups; ++k) {
    Hash leaf;
    env::system_random().fill(leaf.bytes);
    requests.push_back(lookup(k % age.logs, leaf));
  }
  return requests;
}

/// One connection, which waits for each answer.
Result<Measured> ask(const Site& site, std::vector<std::string> requests, int wanted,
                     double seconds) {
  Requests all = Requests::repeated(std::move(requests));
  Load load;
  load.port = site.port();
  load.seconds = seconds;
  load.wanted = wanted;
  load.next = [&](unsigned c) { return all.next(c); };
  ASSIGN_OR_RETURN(Measured measured, run_load(load));
  if (measured.refused != 0)
    return io_error("a read was answered with " + std::to_string(measured.refusal));
  return measured;
}

Result<void> measure_lookups(const Site& site, const Age& age, double seconds,
                             const Ceilings& ceilings, Rows& rows) {
  const double round_trip_ms = 1'000 / ceilings.round_trips;
  ASSIGN_OR_RETURN(auto of_leaves, present(site, age));
  ASSIGN_OR_RETURN(Measured found, ask(site, std::move(of_leaves), 2, seconds));
  rows.add("look-up of a leaf, p50, ms", found.quantile(0.5), round_trip_ms, "HTTP");
  rows.add("look-up of a leaf, p99, ms", found.quantile(0.99), round_trip_ms, "HTTP");
  ASSIGN_OR_RETURN(Measured missed, ask(site, absent(age), 4, seconds));
  rows.add("look-up of none, p50, ms", missed.quantile(0.5), round_trip_ms, "HTTP");
  rows.add("look-up of none, p99, ms", missed.quantile(0.99), round_trip_ms, "HTTP");
  return {};
}

/// The first read of each log after a start, of its oldest records: the slowest.
Result<void> measure_oldest(const Site& site, const Age& age, const Ceilings& ceilings,
                            Rows& rows) {
  double slowest_ms = 0;
  for (unsigned log = 0; log < age.logs; ++log) {
    Load load;
    load.port = site.port();
    load.warm_up_s = 0;
    load.all = true;
    const std::string request = get_request("/tile/entries/000", log);
    bool sent = false;
    load.next = [&](unsigned) {
      return std::exchange(sent, true) ? std::string_view() : std::string_view(request);
    };
    ASSIGN_OR_RETURN(Measured measured, run_load(load));
    if (measured.refused != 0)
      return io_error("the oldest records were answered with " + std::to_string(measured.refusal));
    slowest_ms = std::max(slowest_ms, measured.quantile(1));
  }
  rows.add("oldest records, first read, ms", slowest_ms, 1'000 / ceilings.round_trips, "HTTP");
  return {};
}

/// An auditor's check of every log, one after the other.
Result<void> check_all(const Site& site, const Age& age) {
  ASSIGN_OR_RETURN(const auto token, open_token(site));
  const std::string server = "http://127.0.0.1:" + std::to_string(site.port()) + "/logs/";
  for (unsigned log = 0; log < age.logs; ++log) {
    ASSIGN_OR_RETURN(const LogOptions options, options_of(*token, log));
    RETURN_IF_ERROR(
        run({program("varve-audit"), "check", server + log_name(log), "--vkey",
             format::format_vkey(options.first_key), "--bearer-file", site.path("bearer")},
            site.path("check.log")));
  }
  return {};
}

/// Every segment was read by now.
Result<void> measure_memory(const Site& site, Rows& rows) {
  rows.add("memory at most, MiB", static_cast<double>(site.server().peak_memory()) / (1u << 20));
  ASSIGN_OR_RETURN(const std::uint64_t maps, site.server().memory_maps());
  rows.add("memory maps", static_cast<double>(maps));
  return {};
}

/// Runs `step`, which hashes every record.
Result<void> measure_hashing(const char* name, const Scenario& scenario, const Age& age,
                             const Ceilings& ceilings, Rows& rows,
                             const std::function<Result<void>()>& step) {
  Result<void> done;
  const double seconds = seconds_of(step, done);
  RETURN_IF_ERROR(std::move(done));
  const double bytes = age.records() * (scenario.event_bytes + kRecordOverhead);
  rows.add(name, seconds, bytes / ceilings.hashed_bytes, "SHA-256");
  return {};
}

Result<void> measure(Site& site, const Scenario& scenario, const Age& age, double seconds,
                     const Ceilings& ceilings, Rows& rows) {
  rows.begin(age.days, age.logs);
  site.serve(age.logs);
  Result<void> started;
  const double start_s = seconds_of([&] { return site.start(); }, started);
  RETURN_IF_ERROR(std::move(started));
  rows.add("start, ms", 1'000 * start_s);
  RETURN_IF_ERROR(measure_oldest(site, age, ceilings, rows));
  RETURN_IF_ERROR(measure_lookups(site, age, seconds, ceilings, rows));
  RETURN_IF_ERROR(measure_hashing("varve-audit check, s", scenario, age, ceilings, rows,
                                  [&] { return check_all(site, age); }));
  RETURN_IF_ERROR(measure_memory(site, rows));
  RETURN_IF_ERROR(site.stop());
  return measure_hashing("varved audit, s", scenario, age, ceilings, rows, [&] {
    return run({program("varved"), "audit", "--config", site.path("varved.toml")},
               site.path("audit.log"));
  });
}

std::vector<unsigned> ages(unsigned days) {
  std::vector<unsigned> out;
  for (const unsigned age : {kOneYear, kThreeYears})
    if (age < days) out.push_back(age);
  out.push_back(days);
  return out;
}

}  // namespace

Result<void> run_years(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token, kLogs));
  Rows rows;
  unsigned have = 0;
  for (const unsigned days : ages(extent.days)) {
    Result<void> loaded;
    const double seconds = seconds_of(
        [&] { return load_days(site, kLogs, have, days, extent.days, scenario.event_bytes); },
        loaded);
    RETURN_IF_ERROR(std::move(loaded));
    print_figure("load", (days - have) * kLogs / seconds, "segments/s, eight logs at once", 0, "-",
                 "");
    for (const unsigned logs : {1u, kLogs})
      RETURN_IF_ERROR(measure(site, scenario, {days, logs}, extent.seconds, ceilings, rows));
    have = days;
  }
  return {};
}

}  // namespace varve::bench
