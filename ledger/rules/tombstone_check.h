// Whether tombstones can be true. Only the sender vouches for a tombstone, and an event whose key
// still exists can be hidden behind one. This check compares the months and times in it with all
// that is known otherwise. No check can tell whether a possible tombstone is true.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ledger/base/codec.h"
#include "ledger/base/key_period.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// What is known of the present, in microseconds since 1970 UTC.
struct Present {
  std::uint64_t reader_us = 0;    // by the clock of whoever reads
  std::uint64_t log_us = 0;       // the reading of the log's newest clock record; 0: it has none
  std::uint16_t key_minutes = 0;  // of the log's key periods; 0: they are months
};

/// By itself: its month is one of a log with such key periods, and was over when the key was destroyed.
/// Errors: kCorrupt  says what cannot be.
Result<void> check_possible(const format::Tombstone& tombstone, std::uint16_t key_minutes);
/// Its month is over by the log's own clock, by the reader's where the log has none. The key was
/// destroyed before the later of both, but for an hour by which two clocks may differ. Requires
/// check_possible(). Errors: kCorrupt  says what cannot be.
Result<void> check_past(const format::Tombstone& tombstone, const Present& now);

struct ImpossibleTombstone {
  LeafIndex index;
  std::string why;
};

/// What the tombstones of one month come to.
struct DestroyedMonth {
  std::uint64_t records = 0;
  std::uint64_t destroyed_us = 0;  // of the segment whose remains were made last
  LeafIndex first{};               // of these records
  LeafIndex last{};
  bool is_judged = false;               // against the log's own records:
  std::optional<LeafIndex> disposal{};  // the one that disposes of them all; nothing: a loss
  void add(LeafIndex first_record, LeafIndex last_record, std::uint64_t count,
           std::uint64_t destroyed);
  bool operator==(const DestroyedMonth&) const = default;
};
using DestroyedMonths = std::map<KeyPeriod, DestroyedMonth>;

/// What is known of the month, or key period, of that number: those of one log have one length. Null: nothing.
const DestroyedMonth* find_destroyed(const DestroyedMonths& months, std::uint32_t number);

/// Of which key periods a policy speaks, if the record is one; whether it counts, others judge.
std::optional<std::uint16_t> key_minutes_of(const format::Record& record);

/// Holds each month against what the log disposes of.
void judge(DestroyedMonths& months, const Retention& log);

/// "5 events of 2026-01 are gone: its key is said to be destroyed on 2027-12-02T08:00:00Z, and record 47
/// disposes of it"
std::string explain(KeyPeriod month, const DestroyedMonth& destroyed);

/// All tombstones of a log among its records, front to back.
///
/// Besides what check_possible() and, at the end, check_past() ask of each: a batch is in one
/// segment, so its tombstones say the same; and no tombstone is of a month before that of the newest
/// clock record before it. The month of a clock record is that of its reading, whatever the host's
/// clock said: readings never go back, and a month's first clock record begins a segment.
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
  /// `reader_us`: the present by the clock of whoever reads.
  explicit TombstoneCheck(std::uint64_t reader_us) : now_{reader_us, 0} {}

  /// The next entry, a record or a tombstone. What is neither is not judged here.
  std::optional<ImpossibleTombstone> take(LeafIndex index, Bytes entry);
  /// The same of an entry in front of those, whose record was taken when it was still there. It is
  /// not counted.
  std::optional<ImpossibleTombstone> take_again(LeafIndex index, Bytes entry);
  /// The log ends here.
  [[nodiscard]] std::optional<ImpossibleTombstone> finish() const;

  [[nodiscard]] const DestroyedMonths& months() const { return months_; }
  [[nodiscard]] std::uint64_t records() const;

  void encode(ByteWriter& out) const;
  /// Of a log with such key periods. Damage shows in the reader.
  void decode(ByteReader& in, std::uint16_t key_minutes);

 private:
  struct Earliest {
    LeafIndex index;
    std::uint32_t month = 0;
  };
  /// The latest time at which the month's key is said to be destroyed, and which tombstone says so.
  struct Claim {
    std::uint64_t destroyed_us = 0;
    LeafIndex index;
  };
  void claim(LeafIndex index, const format::Tombstone& tombstone);
  [[nodiscard]] KeyPeriod period(std::uint32_t month) const { return {month, now_.key_minutes}; }
  [[nodiscard]] std::uint32_t clock_month() const;  // of the newest clock record; 0: none
  std::optional<ImpossibleTombstone> take_time(const format::Record& record);
  std::optional<ImpossibleTombstone> take_tombstone(LeafIndex index,
                                                    const format::Tombstone& tombstone);
  [[nodiscard]] std::optional<ImpossibleTombstone> out_of_order(std::uint64_t next_us) const;

  Present now_;                              // so far
  std::uint64_t server_us_ = 0;              // the newest server's time, until there is one
  std::optional<Earliest> earliest_;         // of the tombstones since that time
  std::optional<format::Tombstone> before_;  // of this batch, without its leaf
  std::map<std::uint32_t, Claim> claims_;    // by month
  DestroyedMonths months_;
};

}  // namespace varve::rules
