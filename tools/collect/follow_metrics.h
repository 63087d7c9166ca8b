// What Prometheus is told of a collector that follows files: a file for the textfile collector of its node exporter,
// written again now and then. No name of a followed file is in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ledger/env/clock.h"
#include "tools/collect/config.h"
#include "tools/collect/intake.h"
#include "tools/collect/sender.h"

namespace varve::collect {

inline constexpr std::uint64_t kMetricsEveryMs = 15'000;

/// How things are at one moment.
struct FollowFigures {
  SendCount sent;                     // since the start
  std::uint64_t refused = 0;          // events that no record holds, ever
  std::uint64_t waiting_batches = 0;  // in the spool, without a receipt
  std::uint64_t waiting_bytes = 0;    // ... and those that go soon
  std::uint64_t waiting_since_s = 0;  // when the oldest was spooled, since 1970; 0: none waits
  std::uint64_t behind_bytes = 0;     // Follower::behind_bytes()
  std::uint64_t files = 0;            // that are followed
  std::uint64_t missing_files = 0;    // Follower::missing_files()
};

/// The file's text. `now_us`: since 1970.
std::string metrics_text(const Config& config, const FollowFigures& figures, std::uint64_t now_us,
                         bool is_running = true);

/// Thread: that of the follower.
class FollowMetrics {
 public:
  /// `path`: of the file; empty: none is written. The references outlive it.
  FollowMetrics(std::string path, const Config& config, env::Clock& clock, Say say);

  /// At once for the first time, then at most every kMetricsEveryMs. That it cannot be written is said, once until
  /// it can be again, and keeps nothing from being collected.
  void write_if_due(const std::function<FollowFigures()>& figures);
  /// The last one: the program ends.
  void write_last(const FollowFigures& figures);

 private:
  void write(const FollowFigures& figures, bool is_running);

  const std::string path_;
  const Config& config_;
  env::Clock& clock_;
  const Say say_;
  std::uint64_t due_ms_ = 0;  // steady
  bool failed_ = false;
};

}  // namespace varve::collect
