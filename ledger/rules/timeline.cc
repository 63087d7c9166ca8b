// The arithmetic of clock records.
#include "ledger/rules/timeline.h"

#include <algorithm>

#include "ledger/base/month.h"

namespace varve::rules {
namespace {

std::uint64_t minus(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

}  // namespace

ClockPoint Timeline::next(std::uint64_t running_us, std::uint64_t host_us,
                          const std::optional<format::Evidence>& evidence) const {
  const ClockPoint& before = newest();
  const std::uint64_t elapsed_us = minus(running_us, before.running_us);
  ClockPoint now = before;
  now.running_us = running_us;
  if (before.earliest_us != 0) now.earliest_us += counted_us(elapsed_us);
  if (evidence) now.earliest_us = std::max(now.earliest_us, evidence->earliest_us);
  now.reading_us = std::max(before.reading_us + elapsed_us, now.earliest_us);
  const std::uint64_t left = minus(allowance_us(now.running_us), before.unproven_us);
  const std::uint64_t unproven = std::min(left, minus(host_us, now.reading_us));
  now.reading_us += unproven;
  now.unproven_us += unproven;
  return now;
}

std::uint64_t Timeline::first_reading_us(std::uint64_t host_us,
                                         const std::vector<format::EarlierMonth>& earlier) {
  const std::uint64_t reading = std::clamp(host_us, kReadingMinUs, kFirstReadingMaxUs);
  if (earlier.empty() || earlier.back().month <= month_of(reading)) return reading;
  const std::uint32_t month = earlier.back().month;  // its beginning is the end of the one before
  return end_of_month_us(month % 100 == 1 ? month - 89 : month - 1);
}

void Timeline::add(LeafIndex index, const format::Clock& clock) {
  ClockPoint now{index, clock.reading_us, clock.running_us};
  if (!empty()) now = next(clock.running_us, clock.host_us, clock.evidence);
  now.index = index;
  now.reading_us = clock.reading_us;
  if (clock.evidence) {
    if (const ClockPoint* const covered = newest_in(clock.evidence->size))
      bounds_.push_back({clock.evidence->size, clock.evidence->latest_us, covered->running_us});
  }
  points_.push_back(now);
}

std::uint64_t Timeline::age_us(LeafIndex record) const {
  return empty() ? 0 : age_us(record, newest());
}

std::uint64_t Timeline::age_us(LeafIndex record, const ClockPoint& now) const {
  const auto from = std::ranges::lower_bound(points_, record, {}, &ClockPoint::index);
  if (from == points_.end()) return 0;
  const std::uint64_t ran = counted_us(minus(now.running_us, from->running_us));
  const auto latest = latest_us(record, *from);
  return latest ? std::max(ran, minus(now.earliest_us, *latest)) : ran;
}

std::uint64_t Timeline::missing_us(LeafIndex record, std::uint64_t age_us) const {
  return minus(age_us, this->age_us(record));
}

std::uint64_t Timeline::reading_after(std::uint64_t missing_us) const {
  return empty() ? 0 : newest().reading_us + running_for_us(missing_us);
}

/// `from` is the first clock record at or behind the record: what the log ran between that and the
/// newest clock record in the tree that was stamped, the record was there before.
std::optional<std::uint64_t> Timeline::latest_us(LeafIndex record, const ClockPoint& from) const {
  std::optional<std::uint64_t> latest;
  for (const Bound& bound : bounds_) {
    if (!contains(bound.size, record)) continue;
    const std::uint64_t ran = counted_us(minus(bound.running_us, from.running_us));
    const std::uint64_t by = minus(bound.latest_us, ran);
    latest = std::min(by, latest.value_or(by));
  }
  return latest;
}

const ClockPoint* Timeline::newest_in(TreeSize size) const {
  const auto end = std::ranges::lower_bound(points_, end_of(size), {}, &ClockPoint::index);
  return end == points_.begin() ? nullptr : &*(end - 1);
}

}  // namespace varve::rules
