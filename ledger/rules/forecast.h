// What the records say of the time to come: from when on each month could be disposed of, what keeps
// it, and whose approval that takes. For people who look before they sign, and for whoever asks until
// when a record is kept. Dates are what the rules' own ages lack. docs/format/retention.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// Where a month is on its way.
enum class MonthState : std::uint8_t {
  kRunning,    // the newest one: records still come
  kKept,       // not due, under a hold, or there is no policy record
  kDue,        // a notice may name it
  kNoticed,    // a notice stands
  kDisposed,   // a record lets it go; a token may have its key
  kDestroyed,  // ... and a record says that no token has
};
std::string_view state_text(MonthState state);

/// What keeps a month whatever its age, until people do something about it.
enum class Keeper : std::uint8_t {
  kHold,       // an open hold
  kNoPolicy,   // the log has no policy record, which a notice has to name
  kApprovers,  // fewer than two, or than the log demands
};
std::string_view keeper_text(Keeper keeper);

/// A month may be under thousands of holds, and a log has many months: Retention::holds has them all.
inline constexpr std::size_t kHoldsNamed = 16;

/// Readings of the compliance clock, in microseconds since 1970 UTC: when the log runs on without a
/// stop, no evidence comes, and nobody extends or holds anything. A stop makes them later. Evidence may
/// bring them forward, by what ages lack because running alone is counted short; never before a
/// record is as old as the policy demands.
struct MonthForecast {
  std::uint32_t month = 0;
  LeafIndex first;
  std::optional<LeafIndex> end{};  // behind its last record; nothing: it is the newest month
  MonthState state = MonthState::kRunning;
  // Both of a month that is there; of the newest one as if no record followed.
  std::uint64_t due_us = 0;       // when it is old enough, or now
  std::uint64_t goes_us = 0;      // when it could go: noticed for long enough, and approvers count
  std::vector<Keeper> kept_by{};  // nothing: time alone; of a month that was disposed of, too
  std::size_t held_by = 0;        // open holds that keep it
  std::vector<std::string> holds{};  // their ids, in order; kHoldsNamed at most
  std::optional<Place> notice{};     // under which it may be disposed of
  std::optional<Place> disposal{};
  bool is_finished = false;  // no key and no file of it is left
  bool operator==(const MonthForecast&) const = default;
};

struct ApproverForecast {
  Approver approver;
  std::uint64_t counts_us = 0;  // the reading from which on its approval counts
  bool operator==(const ApproverForecast& other) const {
    return approver.key == other.approver.key && counts_us == other.counts_us;
  }
};

struct SourceForecast {
  NamedSource source;
  std::uint64_t counts_us = 0;  // as of an approver
};

struct Forecast {
  std::uint64_t reading_us = 0;  // of the newest clock record; 0: there is none
  std::vector<MonthForecast> months{};
  std::vector<ApproverForecast> approvers{};
  std::vector<SourceForecast> sources{};  // in the policy's order
  std::uint32_t approvals_needed = 0;

  /// Of the months that are over and there, and that nothing keeps but time; by their dates.
  std::optional<std::uint64_t> first_us{};  // when the first of them could go
  std::optional<std::uint64_t> last_us{};   // when all of them could be gone
};

/// Cost: a look at each hold for each month: 84 months under 1,000 holds take some milliseconds.
Forecast forecast(const Retention& log);

/// Of one record, with its month.
struct RecordForecast {
  MonthForecast month;
  std::uint64_t appended_us = 0;  // it came at this reading or later; 0: before the first one
  std::uint64_t age_us = 0;       // by which the rules go, of this record
};
/// Nothing: the log has no clock record. Requires that the record is in the log.
std::optional<RecordForecast> forecast(const Retention& log, LeafIndex record);

/// What people have yet to do before the month goes, once nothing keeps it: "notice", "approvals", in
/// that order. The server does both where the policy is automatic.
std::vector<std::string_view> acts_left(const Retention& log, const MonthForecast& month);

/// An act that nobody has signed yet.
struct WhatIf {
  std::optional<std::uint32_t> period{};  // this and the next two in the policy's unit
  std::optional<std::uint32_t> notice{};
  std::optional<std::uint32_t> wait{};
  std::optional<Scope> hold{};           // placed in the newest month
  std::optional<std::string> release{};  // id of a hold
};
inline constexpr const char* kNewHold = "(new)";  // the id of the one that would be placed

/// What the records would say behind it. No rule judges it. Errors: kNotFound  no open hold has that
/// id.  kInvalid  the hold's last month is before its first.
Result<Retention> with(const Retention& log, const WhatIf& what);

}  // namespace varve::rules
