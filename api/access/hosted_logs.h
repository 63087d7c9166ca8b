// The logs of a server. Some join while it runs, and none leaves before its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "api/access/hosted_log.h"

namespace varve::api {

/// Where a log stands it stays, so whoever has one keeps it. Thread: any; one adds.
class HostedLogs {
 public:
  static constexpr std::size_t kJoinMax = 1'000;  // beside those of the start

  explicit HostedLogs(std::vector<HostedLog> first);
  HostedLogs(const HostedLogs&) = delete;
  HostedLogs& operator=(const HostedLogs&) = delete;

  /// Those that are shown now: two calls may differ.
  [[nodiscard]] std::span<const HostedLog> all() const { return {first_, shown_}; }
  /// Null: there is none of this name.
  [[nodiscard]] const HostedLog* find(std::string_view name) const;
  /// Whether so many more find a place.
  [[nodiscard]] bool has_room_for(std::size_t more) const {
    return logs_.size() + more <= logs_.capacity();
  }
  /// Puts them behind the others, where all() does not show them yet. Requires room.
  std::span<const HostedLog> add(std::vector<HostedLog> more);
  /// Shows all that were added.
  void show() { shown_ = logs_.size(); }
  /// Takes back what was added and is not shown.
  void take_back() { logs_.resize(shown_); }

 private:
  std::vector<HostedLog> logs_;  // never grows past what was reserved
  const HostedLog* first_;
  std::atomic<std::size_t> shown_;
};

}  // namespace varve::api
