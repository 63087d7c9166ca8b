// Asking the rules about one month at a time.
#include "ledger/rules/disposal_plan.h"

#include <algorithm>

#include "ledger/rules/retention_rules.h"

namespace varve::rules {
namespace {

constexpr int kApproval = 28;

DisposalAct act_of(const Notice& notice, std::vector<MonthRange> months) {
  DisposalAct act;
  act.policy = notice.policy;
  act.notice = notice.place.leaf;
  act.months = std::move(months);
  act.root_is_the_logs = true;
  return act;
}

bool is_ready(const Retention& log, const Notice& notice, const MonthRange& month) {
  const DisposalAct act = act_of(notice, {month});
  const auto broken = first_broken(rules_for(act), log, act);
  return !broken || broken->rule == kApproval;
}

/// Those that are over and there, by their names.
std::vector<MonthRange> months_left(const Retention& log) {
  std::vector<MonthRange> left;
  for (const Month& month : log.months()) {
    const auto range = log.range_of(month);
    if (range && !month.disposal) left.push_back(*range);
  }
  return left;
}

}  // namespace

const Notice* standing_notice(const Retention& log, const MonthRange& month) {
  const Month* const known = log.find_month(month.month);
  if (known == nullptr || !log.policy_place()) return nullptr;
  const auto stands = [&](const Notice& notice) {
    const auto interrupts = [&](const auto& held) {
      return held.second.placed.index > notice.place.index && log.covers(held.second, *known);
    };
    return notice.policy == log.policy_place()->leaf &&
           std::ranges::find(notice.months, month) != notice.months.end() &&
           std::ranges::none_of(log.holds(), interrupts);
  };
  const auto found = std::ranges::find_if(log.notices(), stands);
  return found == log.notices().end() ? nullptr : &*found;
}

std::vector<MonthRange> months_to_notice(const Retention& log) {
  std::vector<MonthRange> out;
  if (!log.policy_place()) return out;
  for (const MonthRange& month : months_left(log)) {
    if (out.size() == kMonthsPerActMax) break;
    if (judge(log, NoticeAct{{}, log.policy_place()->leaf, {month}})) out.push_back(month);
  }
  return out;
}

std::vector<DisposalAct> disposals_to_approve(const Retention& log) {
  std::vector<DisposalAct> out;
  const std::vector<MonthRange> left = months_left(log);
  for (const Notice& notice : log.notices()) {
    std::vector<MonthRange> ready;
    for (const MonthRange& month : left)
      if (standing_notice(log, month) == &notice && is_ready(log, notice, month))
        ready.push_back(month);
    if (!ready.empty()) out.push_back(act_of(notice, std::move(ready)));
  }
  return out;
}

std::uint64_t disposed_us(const Retention& log, const Month& month) {
  CHECK(month.disposal);
  const auto& points = log.timeline().points();
  const auto behind =
      std::ranges::upper_bound(points, month.disposal->index, {}, &ClockPoint::index);
  CHECK(behind != points.begin());
  return std::prev(behind)->reading_us;
}

}  // namespace varve::rules
