// What each part of varved needs at most, by counting in /proc/<pid>/fd and rounding up.
#include "tools/varved/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "ledger/store/open_files.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kOfTheProcess = 24;  // standard descriptors, the listener, libraries
constexpr std::uint64_t kEachThread = 3;     // of those that serve sockets: epoll, timer, wake-up
constexpr std::uint64_t kEachWorker = 2;     // a segment that is being read
constexpr std::uint64_t kEachToken = 8;
constexpr std::uint64_t kEachWitness = 2;      // a connection, and the file of CAs
constexpr std::uint64_t kTimeStamping = 3;     // the same, and what is kept
constexpr std::uint64_t kEachLogAtLeast = 24;  // hash files, catalogue, lock, segments, scrub

/// Those of other protocols are not among the connections of HTTP, whose number gives way.
std::uint64_t descriptors_of_listeners(const Config& config) {
  if (config.listeners.empty()) return 0;
  std::uint64_t out = kEachThread * config.server.threads;
  for (const api::ListenerOptions& listener : config.listeners)
    out += 1 + (listener.kind == api::ListenerKind::kSyslogUdp ? 0 : listener.connections_max);
  return out;
}

/// A policy that cannot be read stands in the way of a start by itself.
std::uint64_t descriptors_of_outbound(const Config& config) {
  std::uint64_t out = 0;
  for (const LogConfig& log : config.logs)
    out += kEachWitness * witnesses_asked(log.witnesses, log.options.origin) +
           (log.time_stamps.asks() ? kTimeStamping : 0);
  return out;
}

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::uint64_t descriptors_besides_connections(const Config& config) {
  return descriptors_of_listeners(config) + descriptors_of_outbound(config) + kOfTheProcess +
         kEachThread * config.server.threads + kEachWorker * config.workers +
         store::kOpenFilesMax * config.logs.size() + kEachToken * (1 + config.further_hsms.size());
}

/// A limit that is too low for all that logs may open leaves connections what it did not leave logs.
Result<std::size_t> connections_within(std::uint64_t limit, const Config& config) {
  const std::uint64_t most = descriptors_besides_connections(config);
  const std::uint64_t least = most - (store::kOpenFilesMax - kEachLogAtLeast) * config.logs.size();
  const std::uint64_t needed = limit > most ? most : least;
  if (limit <= needed)
    return invalid("this process may open " + std::to_string(limit) +
                   " files, and the logs and "
                   "tokens need " +
                   std::to_string(needed) +
                   ": raise the limit (ulimit -n, "
                   "LimitNOFILE= of the service) by that and one for each connection");
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(config.server.connections_max, limit - needed));
}

}  // namespace varve::tools
