// One piece of memory for all.
#include "api/access/hosted_logs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ledger/base/check.h"

namespace varve::api {

HostedLogs::HostedLogs(std::vector<HostedLog> first) : logs_(std::move(first)) {
  logs_.reserve(logs_.size() + kJoinMax);
  first_ = logs_.data();
  shown_ = logs_.size();
}

const HostedLog* HostedLogs::find(std::string_view name) const {
  const std::span<const HostedLog> logs = all();
  const auto found = std::ranges::find(logs, name, &HostedLog::name);
  return found == logs.end() ? nullptr : &*found;
}

std::span<const HostedLog> HostedLogs::add(std::vector<HostedLog> more) {
  CHECK(has_room_for(more.size()));
  const std::size_t before = logs_.size();
  logs_.insert(logs_.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  return {first_ + before, more.size()};
}

}  // namespace varve::api
