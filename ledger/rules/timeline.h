// The compliance clock, and how old a record is, from the log's clock records alone. A record is
// never younger than its age says, whatever the server's clock did: ages count what the log has
// run, and what time sources vouch for. docs/format/retention.md, "Arithmetic"
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/types.h"
#include "ledger/format/retention.h"

namespace varve::rules {

/// A reading begins here at the earliest, 2026-01-01: no log is older than the program.
inline constexpr std::uint64_t kReadingMinUs = 1'767'225'600'000'000;
/// ... and at the latest here, 2100-01-01: a clock that is wrong on the day that a log is made
/// leaves it time until the year 9999.
inline constexpr std::uint64_t kFirstReadingMaxUs = 4'102'444'800'000'000;

/// What of a time that a machine says it has run is counted in ages: its oscillator may be fast by
/// one part in 999.
constexpr std::uint64_t counted_us(std::uint64_t running_us) {
  return running_us - running_us / 1'000 - (running_us % 1'000 == 0 ? 0 : 1);
}

/// How long a log has to run until an age has grown by that much, at most.
constexpr std::uint64_t running_for_us(std::uint64_t age_us) {
  return age_us + age_us / 999 + (age_us == 0 ? 0 : 1);
}

/// How far the reading may have caught up with the server's own clock without evidence: seven days
/// for each 365 that the log has run.
constexpr std::uint64_t allowance_us(std::uint64_t running_us) {
  return running_us * 7 / 365;
}

/// What is known at a clock record. Times are microseconds since 1970 UTC.
struct ClockPoint {
  LeafIndex index;                // of the record
  std::uint64_t reading_us = 0;   // the compliance clock
  std::uint64_t running_us = 0;   // that the log has run
  std::uint64_t earliest_us = 0;  // by evidence, it is not earlier than this; 0: none yet
  std::uint64_t unproven_us = 0;  // by which the reading has caught up without evidence, in all
};

class Timeline {
 public:
  [[nodiscard]] bool empty() const { return points_.empty(); }
  [[nodiscard]] const std::vector<ClockPoint>& points() const { return points_; }
  /// Requires !empty().
  [[nodiscard]] const ClockPoint& newest() const { return points_.back(); }

  /// R3: the point that follows the newest one when the log has run `running_us` in all (behind a
  /// stop no more than at the newest) and the server's own clock says `host_us`. Its index is not
  /// set. Requires !empty().
  [[nodiscard]] ClockPoint next(std::uint64_t running_us, std::uint64_t host_us,
                                const std::optional<format::Evidence>& evidence) const;
  /// R3, of a log's first clock record: a reading that is in none of the months before it.
  static std::uint64_t first_reading_us(std::uint64_t host_us,
                                        const std::vector<format::EarlierMonth>& earlier);

  /// Takes a clock record that was judged.
  void add(LeafIndex index, const format::Clock& clock);

  /// How long the record has been in the log, at least, at the newest clock record. 0 when there
  /// is no clock record at or behind it. Ages never grow with the index.
  [[nodiscard]] std::uint64_t age_us(LeafIndex record) const;
  /// The same as of a point that is not added yet.
  [[nodiscard]] std::uint64_t age_us(LeafIndex record, const ClockPoint& now) const;
  /// How much older the record has to grow until it is of that age; 0: it is.
  [[nodiscard]] std::uint64_t missing_us(LeafIndex record, std::uint64_t age_us) const;
  /// The reading at which every age has grown by that much, when the log runs on from the newest
  /// clock record without a stop and no evidence comes; 0: there is no clock record.
  [[nodiscard]] std::uint64_t reading_after(std::uint64_t missing_us) const;

  /// The newest point whose record is in a tree of `size`, or nothing.
  [[nodiscard]] const ClockPoint* newest_in(TreeSize size) const;

  void encode(ByteWriter& out) const;
  /// The reader is not ok afterwards when the bytes end too early.
  static Timeline decode(ByteReader& in);

  /// Of evidence: the records before `size` were there before `latest_us`.
  struct Bound {
    TreeSize size;
    std::uint64_t latest_us = 0;
    std::uint64_t running_us = 0;  // at the newest clock record in that tree
  };
  /// Of all evidence, in the log's order.
  [[nodiscard]] const std::vector<Bound>& bounds() const { return bounds_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> latest_us(LeafIndex record,
                                                       const ClockPoint& from) const;

  std::vector<ClockPoint> points_;
  std::vector<Bound> bounds_;
};

}  // namespace varve::rules
