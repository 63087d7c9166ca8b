// A month of records that a running server disposes of: how long it takes, what it removes, and what it costs those
// who append meanwhile.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <utility>

#include "tools/bench/appends.h"
#include "tools/bench/big_log.h"
#include "tools/bench/due_month.h"
#include "tools/bench/loader.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kDisposalMostS = 7'200;
constexpr double kDisposalWarmUpS = 1;
constexpr std::chrono::milliseconds kLookEvery{5};

Result<void> send(const Site& site, const std::string& request) {
  bool is_sent = false;
  Load load;
  load.port = site.port();
  load.warm_up_s = 0;
  load.all = true;
  load.next = [&](unsigned) {
    return std::exchange(is_sent, true) ? std::string_view() : std::string_view(request);
  };
  ASSIGN_OR_RETURN(const Measured measured, run_load(load));
  if (measured.answered == 1) return {};
  return io_error("the disposal was answered with " + std::to_string(measured.refusal));
}

/// Seconds from the disposal on until the last file of the month is gone.
Result<double> dispose(const Site& site, const DueMonth& month, const std::stop_token& stop) {
  const auto began = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(send(site, month.request));
  const auto is_there = [](const fs::path& file) {
    std::error_code failed;
    return fs::exists(file, failed);
  };
  while (std::ranges::any_of(month.files, is_there)) {
    if (stop.stop_requested()) return io_error("the month's files are not gone: see the server");
    std::this_thread::sleep_for(kLookEvery);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

Result<void> expect_key_gone(const Site& site, const DueMonth& month) {
  ASSIGN_OR_RETURN(const auto token, open_token(site));
  ASSIGN_OR_RETURN(const bool is_left, token->holds_kek(month.key));
  if (is_left) return corrupt("the month's files are gone, and its key is on the token");
  return {};
}

/// Events at the scenario's rate, for some seconds or until `is_over`.
Result<Measured> offer_meanwhile(const Site& site, const Scenario& scenario, double seconds,
                                 const std::atomic<bool>& is_over) {
  Requests events = Requests::events(scenario.event_bytes);
  Load load = offered_load(site, scenario, seconds);
  load.next = [&](unsigned c) { return is_over ? std::string_view() : events.next(c); };
  return run_load(load);
}

/// Adds the appends beside it. Its seconds.
Result<double> dispose_beside_load(const Site& site, const Scenario& scenario,
                                   const DueMonth& month, Measured& beside) {
  std::atomic<bool> is_over = false;
  Result<double> seconds = 0.0;
  std::jthread disposing([&](const std::stop_token& stop) {
    seconds = dispose(site, month, stop);
    is_over = true;
  });
  const Result<Measured> offered = offer_meanwhile(site, scenario, kDisposalMostS, is_over);
  disposing.request_stop();
  disposing.join();
  if (!offered) return offered.error();
  beside.add(*offered);
  return seconds;
}

/// Each record is decrypted, decompressed and hashed, on one thread.
double most_records_a_second(const Scenario& scenario, const Ceilings& c) {
  const double record = scenario.event_bytes + 60.0;
  return 1 / (record *
              (c.compression / c.encrypted_bytes + 1 / c.decompressed_bytes + 1 / c.hashed_bytes));
}

void print_disposal(const Scenario& scenario, std::uint64_t leaves, const DueMonth& month,
                    double seconds, double cpu_s, Measured& alone, Measured& beside) {
  std::printf(
      "  %llu records, %.1f MB of ciphertext gone after %.2f s, for which the server used %.2f s "
      "of "
      "CPU, its appends included; p50 %.2f and p99 %.2f times that"
      " without (target: %s), of %llu appends\n",
      static_cast<unsigned long long>(leaves), month.megabytes, seconds, cpu_s,
      beside.quantile(0.5) / alone.quantile(0.5), beside.quantile(0.99) / alone.quantile(0.99),
      scenario.target.data(), static_cast<unsigned long long>(beside.answered));
  std::fflush(stdout);
}

}  // namespace

Result<void> run_disposal(const Scenario& scenario, const Extent& extent,
                          const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  ASSIGN_OR_RETURN(const DueMonth month, make_due_month(site, extent.leaves, scenario.event_bytes));
  ::sync();  // the kernel is not to write it while appends are measured
  RETURN_IF_ERROR(site.start());
  const std::atomic<bool> never = false;
  RETURN_IF_ERROR(offer_meanwhile(site, scenario, kDisposalWarmUpS, never));
  ASSIGN_OR_RETURN(Measured alone, offer_meanwhile(site, scenario, extent.seconds, never));
  Measured beside;
  const double cpu_before = site.server().cpu_seconds();
  ASSIGN_OR_RETURN(const double seconds, dispose_beside_load(site, scenario, month, beside));
  const double cpu_s = site.server().cpu_seconds() - cpu_before;
  RETURN_IF_ERROR(expect_key_gone(site, month));
  ASSIGN_OR_RETURN(const Measured after, offer_meanwhile(site, scenario, extent.seconds, never));
  alone.add(after);
  print_offered("no-disposal", scenario, alone);
  print_offered("disposal", scenario, beside);
  const double rate = static_cast<double>(extent.leaves) / seconds;
  print_figure("disposed-of", rate, "records/s", rate / most_records_a_second(scenario, ceilings),
               "CPU", "");
  print_disposal(scenario, extent.leaves, month, seconds, cpu_s, alone, beside);
  return site.stop();
}

}  // namespace varve::bench
