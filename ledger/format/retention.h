// The control records that retention is made of, as far as they are written first: the policy and
// the clock. What follows from them is ledger/rules. docs/format/retention.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/key_period.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/note.h"
#include "ledger/format/time_token.h"

namespace varve::format {

inline constexpr std::uint64_t kMinuteUs = 60'000'000;
inline constexpr std::uint64_t kDayUs = 1'440 * kMinuteUs;

/// No time and no span in a record of retention is larger: the last microsecond of the year 9999.
/// Sums of two, and seven times one, fit into 64 bits.
inline constexpr std::uint64_t kTimeMaxUs = 253'402'300'799'999'999;

inline constexpr std::uint32_t kSixYearsDays = 2'192;  // any six years have at most two leap days
inline constexpr std::uint32_t kPeriodMinDays = 30;
inline constexpr std::uint32_t kPeriodMaxDays = 36'525;
inline constexpr std::uint32_t kNoticeMinDays = 7;
inline constexpr std::uint32_t kWaitMinDays = 30;           // for those who were named
inline constexpr std::uint32_t kDraftMaxMinutes = 527'040;  // 366 days
inline constexpr std::size_t kTimeSourcesMax = 16;
inline constexpr std::size_t kEarlierMonthsMax = 1'200;
inline constexpr std::size_t kStampsMax = 32;
inline constexpr std::uint64_t kAccuracyMaxUs = kMinuteUs;  // of a source that counts

enum class Mode : std::uint8_t {
  kLocked,  // periods in days; never shortened
  kDraft,   // periods in minutes, for trying; shown in every answer, and for ever
};

inline constexpr std::uint32_t kWitnessQuorumMin = 2;  // of a policy that names a witness

/// Who may say what time it is.
struct TimeSource {
  std::string name;  // for people; as a key name, at most 127 bytes
  Hash key;          // with the type, as SignedTime names it (time_token.h)
  SourceType type = SourceType::kTimestamp;
  bool operator==(const TimeSource&) const = default;
};

// Text of the note:
//   varve policy v1                  v2 where it names a witness
//   origin <origin>
//   number <n>                       of the log's policies, from 0
//   previous <64 hex digits>         leaf hash of the policy before; zeros in number 0
//   mode locked|draft
//   period <n> days|minutes          locked: days; draft: minutes
//   notice <n> days|minutes
//   wait <n> days|minutes            before a source or an approver that was named counts
//   key-period month                 locked;   draft: key-period <n> minutes
//   automatic yes|no
//   quorum <k>                       sources that evidence takes; 0: no source is named
//   source timestamp|witness <name> <64 hex digits>       0 to 16 times
//   key <vkey>                       the active key that signs
struct Policy {
  std::string origin;
  std::uint64_t number = 0;
  Hash previous;
  Mode mode = Mode::kLocked;
  std::uint32_t period = kSixYearsDays;  // how old a record has to be
  std::uint32_t notice = kNoticeMinDays;
  std::uint32_t wait = kWaitMinDays;
  std::uint32_t key_period_minutes = 0;  // draft only. 0: months
  bool automatic = false;                // the server gives notice and disposes of by itself
  std::uint32_t quorum = 0;
  std::vector<TimeSource> sources{};
  VerifierKey key{};
  bool operator==(const Policy&) const = default;
};

/// A month of a locked log ("2026-11"), the number of a key period of a draft.
std::string key_period_text(std::uint32_t month, Mode mode);
/// As that spells it. Errors: kInvalid.
Result<std::uint32_t> parse_key_period(std::string_view text, Mode mode);

/// The key period of that number.
constexpr KeyPeriod key_period(const Policy& policy, std::uint32_t number) {
  return {number, static_cast<std::uint16_t>(policy.key_period_minutes)};
}

constexpr std::uint64_t unit_us(const Policy& policy) {
  return policy.mode == Mode::kDraft ? kMinuteUs : kDayUs;
}
constexpr std::uint64_t period_us(const Policy& policy) {
  return policy.period * unit_us(policy);
}
constexpr std::uint64_t notice_us(const Policy& policy) {
  return policy.notice * unit_us(policy);
}
constexpr std::uint64_t wait_us(const Policy& policy) {
  return policy.wait * unit_us(policy);
}

/// Whether each value is one that a policy may have. Errors: kInvalid.
Result<void> check_policy(const Policy& policy);
/// Whether a note's text is one, as its first line says.
bool is_policy(std::string_view text);
/// The first line where it is "varve policy v<N>", for any N from 1 on that a version may be, of at most three digits.
std::optional<std::string_view> policy_title(std::string_view text);
std::string policy_text(const Policy& policy);
/// Parses and checks the values; verifies nothing. Errors: kInvalid.
Result<Policy> parse_policy(std::string_view text);

/// What sources said together, of a tree of this log and of the record that carries it.
struct Evidence {
  TreeSize size;                    // these records were there before ...
  std::uint64_t latest_us = 0;      // ... this time,
  std::uint64_t earliest_us = 0;    // and the record that carries this is later than this one
  std::vector<LeafIndex> stamps{};  // the records that hold what they signed, ascending
  bool operator==(const Evidence&) const = default;
};

/// Of a log that is older than its first clock: from `first` on, records are of this month.
struct EarlierMonth {
  std::uint32_t month = 0;  // YYYYMM
  LeafIndex first;
  bool operator==(const EarlierMonth&) const = default;
};

// The payload is this text, without a signature:
//   varve clock v1
//   origin <origin>
//   number <n>                       of the log's clock records, from 0
//   reading <microseconds since 1970 UTC>         of the compliance clock
//   host <microseconds since 1970 UTC>            of the server's own clock
//   running <microseconds>           that the log has run since clock record 0
//   evidence <size> <latest> <earliest> <index> ...   at most once, 1 to 32 indexes
//   month <YYYY-MM> <index>          in number 0 only, 0 to 1,200 times: before there was a clock
struct Clock {
  std::string origin;
  std::uint64_t number = 0;
  std::uint64_t reading_us = 0;
  std::uint64_t host_us = 0;
  std::uint64_t running_us = 0;
  std::optional<Evidence> evidence{};
  std::vector<EarlierMonth> earlier{};
  bool operator==(const Clock&) const = default;
};

std::string clock_text(const Clock& clock);
/// Errors: kInvalid  not exactly such a text.
Result<Clock> parse_clock(std::string_view text);

}  // namespace varve::format
