// Sums of steps.
#include "ledger/verify/own_time.h"

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::verify {
namespace {

std::uint64_t step_us(const format::Sighting& then, const format::Sighting& next) {
  if (next.time_us <= then.time_us) return 0;
  const std::uint64_t passed_us = next.time_us - then.time_us;
  if (then.boot != next.boot) return std::min(passed_us, kSightingStepMaxUs);
  if (next.steady_ms <= then.steady_ms) return 0;
  return std::min(passed_us, (next.steady_ms - then.steady_ms) * 1'000);
}

}  // namespace

void add_sighting(std::vector<format::Sighting>& sightings, const format::Sighting& now,
                  std::uint64_t gap_us) {
  CHECK(sightings.empty() || sightings.back().size <= now.size);
  if (sightings.size() >= 2) {
    const format::Sighting& before = sightings[sightings.size() - 2];
    const bool in_order = before.time_us <= now.time_us &&
                          (before.boot != now.boot || before.steady_ms <= now.steady_ms);
    if (in_order && now.time_us - before.time_us < gap_us) sightings.pop_back();
  }
  sightings.push_back(now);
}

std::size_t OwnTime::first_with(LeafIndex record) const {
  const auto at = std::ranges::upper_bound(sightings_, record.value, {},
                                           [](const format::Sighting& s) { return s.size.value; });
  return static_cast<std::size_t>(at - sightings_.begin());
}

std::uint64_t OwnTime::counted_us(std::size_t from, std::size_t to) const {
  std::uint64_t counted = 0;
  for (std::size_t k = from; k < to; ++k) counted += step_us(sightings_[k], sightings_[k + 1]);
  return counted;
}

std::optional<std::uint64_t> OwnTime::first_seen_us(LeafIndex record) const {
  const std::size_t first = first_with(record);
  if (first == sightings_.size()) return std::nullopt;
  return sightings_[first].time_us;
}

std::uint64_t OwnTime::since_us(LeafIndex record) const {
  const std::size_t first = first_with(record);
  return first == sightings_.size() ? 0 : counted_us(first, sightings_.size() - 1);
}

std::uint64_t OwnTime::known_before_us(LeafIndex record, LeafIndex later) const {
  const std::size_t with_both = first_with(later);
  if (with_both == sightings_.size() || with_both == 0) return 0;
  return counted_us(first_with(record), with_both - 1);
}

}  // namespace varve::verify
