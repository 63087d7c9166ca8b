// From ages that are missing to dates.
#include "ledger/rules/forecast.h"

#include <algorithm>

#include "ledger/rules/disposal_plan.h"
#include "ledger/rules/retention_rules.h"

namespace varve::rules {
namespace {

/// The reading at which an age has grown by `missing_us`, when the log runs on from the newest
/// clock record.
std::uint64_t reading_after(const Timeline& time, std::uint64_t missing_us) {
  if (time.empty()) return 0;
  return time.newest().reading_us + running_for_us(missing_us);
}

MonthForecast forecast_of(const Retention& log, const Month& month) {
  const std::optional<MonthRange> range = log.range_of(month);
  MonthForecast out{month.month, month.first};
  if (range) out.end = range->end;
  out.due_us = log.due_reading_us(range.value_or(MonthRange{month.month, month.first, {}}));
  for (const auto& [id, hold] : log.holds())
    if (hold.is_open && log.covers(hold, month)) out.holds.push_back(id);
  if (const Notice* notice = range && !month.disposal ? standing_notice(log, *range) : nullptr) {
    const std::uint64_t age = log.timeline().age_us(notice->place.index);
    const std::uint64_t needed = format::notice_us(log.policy());
    out.notice = notice->place;
    out.goes_us =
        std::max(out.due_us, reading_after(log.timeline(), age >= needed ? 0 : needed - age));
  }
  out.disposal = month.disposal;
  out.keys_are_gone = month.keys_are_gone();
  out.is_finished = month.is_finished;
  return out;
}

/// The reading at which what was named in that record has waited long enough to count.
std::uint64_t counts_from(const Retention& log, LeafIndex named) {
  const std::uint64_t wait = format::wait_us(log.policy());
  const std::uint64_t age = log.timeline().age_us(named);
  return reading_after(log.timeline(), age >= wait ? 0 : wait - age);
}

}  // namespace

Result<Retention> with(const Retention& log, const WhatIf& what) {
  Retention next = log;
  const LeafIndex here = log.timeline().empty() ? LeafIndex{0} : log.timeline().newest().index;
  if (what.period || what.notice || what.wait) {
    PolicyAct longer{log.policy_place().value_or(Place{}), log.policy()};
    longer.policy.period = what.period.value_or(longer.policy.period);
    longer.policy.notice = what.notice.value_or(longer.policy.notice);
    longer.policy.wait = what.wait.value_or(longer.policy.wait);
    next.apply(longer);
  }
  if (what.hold && what.hold->last_month < what.hold->first_month)
    return invalid("the hold's last month is before its first");
  if (what.hold) next.apply(HoldAct{{here, {}}, kNewHold, *what.hold, {}});
  if (!what.release) return next;
  const auto hold = log.holds().find(*what.release);
  if (hold == log.holds().end() || !hold->second.is_open)
    return not_found("the log has no open hold " + *what.release);
  next.apply(ReleaseAct{{here, {}}, *what.release, hold->second.placed.leaf});
  return next;
}

Forecast forecast(const Retention& log) {
  Forecast out;
  const Timeline& time = log.timeline();
  if (!time.empty()) out.reading_us = time.newest().reading_us;
  for (const Month& month : log.months()) out.months.push_back(forecast_of(log, month));
  for (const Approver& approver : log.approvers())
    out.approvers.push_back({approver, counts_from(log, approver.since)});
  for (const NamedSource& source : log.sources())
    out.sources.push_back({source, counts_from(log, source.since)});
  out.approvals_needed = log.approvals_needed();
  out.can_dispose = out.approvals_needed >= kApprovalsMin;
  const std::uint64_t notice = running_for_us(format::notice_us(log.policy()));
  for (const MonthForecast& month : out.months) {
    if (!out.can_dispose || !month.end || month.disposal || !month.holds.empty()) continue;
    const std::uint64_t goes_us = month.notice ? month.goes_us : month.due_us + notice;
    out.first_us = std::min(out.first_us.value_or(goes_us), goes_us);
    out.last_us = std::max(out.last_us.value_or(goes_us), goes_us);
  }
  return out;
}

}  // namespace varve::rules
