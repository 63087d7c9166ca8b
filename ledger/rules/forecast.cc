// From ages that are missing to dates.
#include "ledger/rules/forecast.h"

#include <algorithm>

#include "ledger/rules/disposal_plan.h"
#include "ledger/rules/retention_rules.h"

namespace varve::rules {
namespace {

/// The reading at which what was named in that record has waited long enough to count.
std::uint64_t counts_from(const Retention& log, LeafIndex named) {
  return log.timeline().reading_after(
      log.timeline().missing_us(named, format::wait_us(log.policy())));
}

bool has_enough_approvers(const Retention& log) {
  return log.approvals_needed() >= kApprovalsMin &&
         log.approvers().size() >= log.approvals_needed();
}

/// The reading from which on enough approvers count, where it takes them (R16, R28).
std::uint64_t approved_from(const Retention& log) {
  if (log.policy().automatic || !has_enough_approvers(log)) return 0;
  std::vector<std::uint64_t> counts;
  for (const Approver& approver : log.approvers())
    counts.push_back(counts_from(log, approver.since));
  std::ranges::sort(counts);
  return counts[log.approvals_needed() - 1];
}

/// A notice takes a month that is due (R23), and a disposal takes a notice of its age (R26).
std::uint64_t goes_from(const Retention& log, const MonthRange& range, const Notice* notice) {
  const Timeline& time = log.timeline();
  if (time.empty()) return 0;
  const std::uint64_t span = format::notice_us(log.policy());
  const std::uint64_t noticed_us =
      notice == nullptr ? log.due_reading_us(range) + running_for_us(span)
                        : time.reading_after(time.missing_us(notice->place.index, span));
  return std::max({log.due_reading_us(range), noticed_us, approved_from(log)});
}

/// Of a month that is there.
MonthState state_of(const Retention& log, const std::optional<MonthRange>& range,
                    const Notice* notice) {
  if (!range) return MonthState::kRunning;
  if (notice != nullptr) return MonthState::kNoticed;
  const bool may_be_noticed =
      log.policy_place() && judge(log, NoticeAct{{}, log.policy_place()->leaf, {*range}});
  return may_be_noticed ? MonthState::kDue : MonthState::kKept;
}

std::vector<Keeper> keepers_of(const Retention& log, bool is_held) {
  std::vector<Keeper> keepers;
  if (is_held) keepers.push_back(Keeper::kHold);
  if (!log.policy_place()) keepers.push_back(Keeper::kNoPolicy);
  if (!has_enough_approvers(log)) keepers.push_back(Keeper::kApprovers);
  return keepers;
}

MonthForecast forecast_of(const Retention& log, const Month& month) {
  const std::optional<MonthRange> range = log.range_of(month);
  MonthForecast out{month.month, month.first};
  if (range) out.end = range->end;
  const MonthRange records = range.value_or(MonthRange{month.month, month.first, {}});
  for (const auto& [id, hold] : log.holds()) {
    if (!hold.is_open || !log.covers(hold, month)) continue;
    if (++out.held_by <= kHoldsNamed) out.holds.push_back(id);
  }
  out.disposal = month.disposal;
  out.is_finished = month.is_finished;
  if (month.disposal) {
    out.state = month.keys_are_gone() ? MonthState::kDestroyed : MonthState::kDisposed;
    return out;
  }
  const Notice* const notice = range ? standing_notice(log, *range) : nullptr;
  if (notice != nullptr) out.notice = notice->place;
  out.state = state_of(log, range, notice);
  out.due_us = log.due_reading_us(records);
  out.goes_us = goes_from(log, records, notice);
  out.kept_by = keepers_of(log, out.held_by != 0);
  return out;
}

}  // namespace

std::string_view state_text(MonthState state) {
  switch (state) {
    case MonthState::kRunning:
      return "running";
    case MonthState::kKept:
      return "kept";
    case MonthState::kDue:
      return "due";
    case MonthState::kNoticed:
      return "noticed";
    case MonthState::kDisposed:
      return "disposed";
    case MonthState::kDestroyed:
      break;
  }
  return "destroyed";
}

std::string_view keeper_text(Keeper keeper) {
  switch (keeper) {
    case Keeper::kHold:
      return "hold";
    case Keeper::kNoPolicy:
      return "no policy record";
    case Keeper::kApprovers:
      break;
  }
  return "too few approvers";
}

Result<Retention> with(const Retention& log, const WhatIf& what) {
  Retention next = log;
  const LeafIndex here = log.timeline().empty() ? LeafIndex{0} : log.timeline().newest().index;
  if (what.period || what.notice || what.wait) {
    PolicyAct longer{{here, {}}, log.policy()};  // another leaf: no notice stands under it
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
  for (const MonthForecast& month : out.months) {
    if (!month.end || month.disposal || !month.kept_by.empty()) continue;
    out.first_us = std::min(out.first_us.value_or(month.goes_us), month.goes_us);
    out.last_us = std::max(out.last_us.value_or(month.goes_us), month.goes_us);
  }
  return out;
}

std::optional<RecordForecast> forecast(const Retention& log, LeafIndex record) {
  const Month* const month = log.month_of(record);
  if (month == nullptr) return std::nullopt;
  RecordForecast out{forecast_of(log, *month)};
  const ClockPoint* const before = log.timeline().newest_in(TreeSize{record.value + 1});
  if (before != nullptr) out.appended_us = before->reading_us;
  out.age_us = log.timeline().age_us(record);
  return out;
}

std::vector<std::string_view> acts_left(const Retention& log, const MonthForecast& month) {
  std::vector<std::string_view> acts;
  if (month.disposal || log.policy().automatic) return acts;
  if (!month.notice) acts.emplace_back("notice");
  acts.emplace_back("approvals");
  return acts;
}

}  // namespace varve::rules
