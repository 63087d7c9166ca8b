// A server of many logs to which nothing comes: how soon it is ready, and what it holds and uses while it rests.
#include <chrono>
#include <cstdio>
#include <thread>

#include "tools/bench/scenarios.h"
#include "tools/bench/site.h"

namespace varve::bench {
namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

Result<double> timed_start(Site& site) {
  const auto begin = Steady::now();
  RETURN_IF_ERROR(site.start());
  return seconds_since(begin);
}

void print_rest(const Process& server, double seconds) {
  const double cpu = server.cpu_seconds();
  const std::uint64_t wakes = server.wake_ups();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  std::printf("  in %.0f s of rest: %.2f s of CPU, %.1f wake-ups/s\n", seconds,
              server.cpu_seconds() - cpu, static_cast<double>(server.wake_ups() - wakes) / seconds);
}

void print_held(const Process& server) {
  constexpr double kBytesInMiB = 1u << 20;
  constexpr double kGiB = 1u << 30;
  std::printf("  %llu threads, %llu descriptors, %.0f MiB resident, %.1f GiB of addresses\n",
              static_cast<unsigned long long>(server.threads()),
              static_cast<unsigned long long>(server.descriptors()),
              static_cast<double>(server.resident_memory()) / kBytesInMiB,
              static_cast<double>(server.address_space()) / kGiB);
}

}  // namespace

Result<void> run_many_logs(const Scenario&, const Extent& extent, const Ceilings&) {
  ASSIGN_OR_RETURN(Site site, Site::make(TokenSpeed::kFull, extent.logs));
  ASSIGN_OR_RETURN(const double first, timed_start(site));
  RETURN_IF_ERROR(site.stop());
  ASSIGN_OR_RETURN(const double again, timed_start(site));
  std::printf("many-logs: %u logs, made and ready after %.2f s; ready again after %.2f s\n",
              extent.logs, first, again);
  print_held(site.server());
  print_rest(site.server(), extent.seconds);
  print_held(site.server());
  return site.stop();
}

}  // namespace varve::bench
