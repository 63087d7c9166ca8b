// How long ago a mirror saw a record first, by what it noted itself. Neither the log's clock nor a
// jump of the mirror's own makes anything old. docs/format/observations.md, "Own time"
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/format/observations.h"
#include "ledger/format/retention.h"

namespace varve::verify {

/// Between two sightings no more time is counted than the machine has run, by its steady clock; and
/// where the machine was started in between (its boot is another), so that nobody knows, no more than a
/// month.
inline constexpr std::uint64_t kSightingStepMaxUs = 31 * format::kDayUs;
/// Sightings that are closer together are thinned: the later one of two is kept. In a draft log, where all
/// that is asked of them is in minutes, the gap is a minute: format::unit_us() says which.
inline constexpr std::uint64_t kSightingGapUs = format::kDayUs;

/// Notes what is seen now, in place of the newest sighting where the one in front of that is less than
/// the gap old. Records are then first seen later than they were, never earlier.
/// Requires that `now` is no smaller than what was seen last.
void add_sighting(std::vector<format::Sighting>& sightings, const format::Sighting& now,
                  std::uint64_t gap_us = kSightingGapUs);

class OwnTime {
 public:
  explicit OwnTime(std::span<const format::Sighting> sightings) : sightings_(sightings) {}

  /// When it looked last. 0: never.
  [[nodiscard]] std::uint64_t newest_us() const {
    return sightings_.empty() ? 0 : sightings_.back().time_us;
  }
  /// By the mirror's clock of then. Nothing: it has not seen the record.
  [[nodiscard]] std::optional<std::uint64_t> first_seen_us(LeafIndex record) const;
  /// What has passed at the newest sighting since it saw the record first; 0: it has not seen it.
  [[nodiscard]] std::uint64_t since_us(LeafIndex record) const;
  /// How long it knew a record and surely had not seen a later one: from the first sighting of the one
  /// to the last without the other; 0 where there is no such time, or it has not seen the later one.
  [[nodiscard]] std::uint64_t known_before_us(LeafIndex record, LeafIndex later) const;

 private:
  [[nodiscard]] std::size_t first_with(LeafIndex record) const;
  [[nodiscard]] std::uint64_t counted_us(std::size_t from, std::size_t to) const;

  std::span<const format::Sighting> sightings_;
};

}  // namespace varve::verify
