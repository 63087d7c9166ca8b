// Adding up.
#include "api/access/readings.h"

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::api {
namespace {

// So many of each fit into kReportBytesMax, however long their lines are.
constexpr std::size_t kWaysMax = 64;
constexpr std::uint64_t kHeadBytes = 4'096;  // whose they are, of which log, and when
constexpr std::uint64_t kWayBytes = 192;
constexpr std::uint64_t kRangeBytes = 42;
static_assert(kHeadBytes + kWaysMax * kWayBytes + kRangesMax * kRangeBytes <=
              format::kReportBytesMax);

}  // namespace

void add_range(std::vector<format::IndexRange>& ranges, format::IndexRange range) {
  const auto reaches = [&](const format::IndexRange& other) {
    return other.last < range.first && range.first.value - other.last.value > 1;
  };
  const auto from = std::ranges::partition_point(ranges, reaches);
  auto to = from;
  for (; to != ranges.end(); ++to) {
    if (to->first > range.last && to->first.value - range.last.value > 1) break;
    range.first = std::min(range.first, to->first);
    range.last = std::max(range.last, to->last);
  }
  ranges.insert(ranges.erase(from, to), range);
}

bool Readings::take(const ReadAnswer& answer, std::uint64_t now_us) {
  const Way way{answer.method, answer.route, answer.status};
  if (ranges_ + answer.further.size() >= kRangesMax ||
      (ways_.size() == kWaysMax && !ways_.contains(way)))
    return false;
  Tally& tally = ways_[way];
  ranges_ -= tally.read.size();
  add_range(tally.read, answer.records);
  for (const format::IndexRange& range : answer.further) add_range(tally.read, range);
  ranges_ += tally.read.size();
  ++tally.requests;
  first_us_ = requests_ == 0 ? now_us : std::min(first_us_, now_us);  // a clock may be set back
  last_us_ = std::max(last_us_, now_us);
  ++requests_;
  return true;
}

bool Readings::join(const Readings& others) {
  Readings both = *this;
  for (const auto& [way, tally] : others.ways_) {
    Tally& own = both.ways_[way];
    both.ranges_ -= own.read.size();
    for (const format::IndexRange& range : tally.read) add_range(own.read, range);
    both.ranges_ += own.read.size();
    own.requests += tally.requests;
  }
  if (both.ranges_ > kRangesMax || both.ways_.size() > kWaysMax) return false;
  both.first_us_ = std::min(first_us_, others.first_us_);
  both.last_us_ = std::max(last_us_, others.last_us_);
  both.requests_ += others.requests_;
  *this = std::move(both);
  return true;
}

std::uint64_t Readings::bytes() const {
  return kHeadBytes + kWayBytes * ways_.size() + kRangeBytes * ranges_;
}

format::Access Readings::record(const std::string& origin, const format::Reader& by) const {
  CHECK(requests_ != 0);
  format::Access access{origin, by, first_us_, last_us_, {}};
  for (const auto& [way, tally] : ways_)
    access.readings.push_back({std::string(way.method), std::string(way.route),
                               static_cast<std::uint32_t>(way.status), tally.requests, tally.read});
  return access;
}

}  // namespace varve::api
