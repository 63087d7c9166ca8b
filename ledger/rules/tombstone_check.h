// Whether tombstones can be true. Only the sender vouches for a tombstone, and an event whose key
// still exists can be hidden behind one. This check compares the months and times in it with all
// that is known otherwise. No check can tell whether a possible tombstone is true.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"

namespace varve::rules {

/// By itself: its month is one, was over when the key was destroyed, and that was before `now_us`,
/// but for an hour by which two clocks may differ. Errors: kCorrupt  says what cannot be.
Result<void> check_possible(const format::Tombstone& tombstone, std::uint64_t now_us);

struct ImpossibleTombstone {
  LeafIndex index;
  std::string why;
};

/// What the tombstones of one month come to.
struct DestroyedMonth {
  std::uint64_t records = 0;
  std::uint64_t destroyed_us = 0;  // of the segment whose remains were made last
  bool operator==(const DestroyedMonth&) const = default;
};
using DestroyedMonths = std::map<std::uint32_t, DestroyedMonth>;

/// "5 events of 2026-01 are gone: its key is said to be destroyed on 2027-12-02T08:00:00Z"
std::string explain(std::uint32_t month, const DestroyedMonth& destroyed);

/// All tombstones of a log among its records, front to back.
///
/// Besides what check_possible() asks of each: a batch is in one segment, so its tombstones say the
/// same; and no tombstone is of a month before that of the newest clock record before it. The month
/// of a clock record is that of its reading, whatever the host's clock said: readings never go back,
/// and a month's first clock record begins a segment.
///
/// In front of a log's first clock record the newest server's time stands for it: that of control
/// records and of seals that the server made. There the rule is silent where the next such time is
/// an earlier one, because then the server's clock was wrong, and it allows a day, because a segment
/// might take records for a while after its month had ended.
///
/// No rule says that a month is too late: earlier versions restored a log under the month of the
/// restore, and a log without clock records still is.
class TombstoneCheck {
 public:
  explicit TombstoneCheck(std::uint64_t now_us) : now_us_(now_us) {}

  /// The next entry, a record or a tombstone. What is neither is not judged here.
  std::optional<ImpossibleTombstone> take(LeafIndex index, Bytes entry);
  /// The log ends here.
  [[nodiscard]] std::optional<ImpossibleTombstone> finish() const { return out_of_order(now_us_); }

  [[nodiscard]] const DestroyedMonths& months() const { return months_; }
  [[nodiscard]] std::uint64_t records() const;

  void encode(ByteWriter& out) const;
  /// Damage shows in the reader.
  void decode(ByteReader& in);

 private:
  struct Earliest {
    LeafIndex index;
    std::uint32_t month = 0;
  };
  std::optional<ImpossibleTombstone> take_time(const format::Record& record);
  std::optional<ImpossibleTombstone> take_tombstone(LeafIndex index,
                                                    const format::Tombstone& tombstone);
  [[nodiscard]] std::optional<ImpossibleTombstone> out_of_order(std::uint64_t next_us) const;

  std::uint64_t now_us_;
  std::uint32_t clock_month_ = 0;            // of the newest clock record so far; 0: none
  std::uint64_t server_us_ = 0;              // the newest server's time, until there is one
  std::optional<Earliest> earliest_;         // of the tombstones since that time
  std::optional<format::Tombstone> before_;  // of this batch, without its leaf
  DestroyedMonths months_;
};

}  // namespace varve::rules
