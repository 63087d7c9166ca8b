// R21 to R30: when months are disposed of.
#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/rules/disposal_plan.h"
#include "ledger/rules/retention_rules.h"

namespace varve::rules {
namespace {

std::string name_of(const Retention& log, const MonthRange& range) {
  if (log.policy().key_period_minutes == 0 && is_month(range.month))
    return "the month " + month_text(range.month);
  return "the key period " + std::to_string(range.month);
}

/// R21: the months are over, ascend, and are exactly the records that the clock records say.
template <class Act>
Result<void> months_are_the_logs(const Retention& log, const Act& act) {
  if (act.months.empty() || act.months.size() > kMonthsPerActMax)
    return invalid("it names no month, or more than " + std::to_string(kMonthsPerActMax));
  std::uint32_t before = 0;
  for (const MonthRange& range : act.months) {
    const Month* const month = log.find_month(range.month);
    if (month == nullptr) return invalid(name_of(log, range) + " has no records");
    const auto is = log.range_of(*month);
    if (!is) return invalid(name_of(log, range) + " is not over");
    if (*is != range || range.month <= before)
      return invalid(name_of(log, range) + " has other records, or is out of order");
    before = range.month;
  }
  return {};
}

/// R22: a month is disposed of once: what comes after that is somebody else's doing.
template <class Act>
Result<void> months_are_there(const Retention& log, const Act& act) {
  for (const MonthRange& range : act.months)
    if (const Month* const month = log.find_month(range.month); month && month->disposal)
      return worm(name_of(log, range) + " was disposed of before");
  return {};
}

/// R23: the youngest record of each month is as old as the policy in force demands.
template <class Act>
Result<void> months_are_due(const Retention& log, const Act& act) {
  for (const MonthRange& range : act.months)
    if (log.remaining_us(range) != 0)
      return worm(name_of(log, range) + " is not due before " +
                  time_text(log.due_reading_us(range)) + " by the log's clock, if it runs on");
  return {};
}

/// R24: no open hold keeps any of the months.
template <class Act>
Result<void> nothing_is_held(const Retention& log, const Act& act) {
  for (const auto& [id, hold] : log.holds())
    for (const MonthRange& range : act.months)
      if (const Month* const month = log.find_month(range.month);
          hold.is_open && month && log.covers(hold, *month))
        return worm(name_of(log, range) + " is under the hold " + id);
  return {};
}

/// R25: it names the policy in force, a record of the log: whoever approves or reads a notice
/// knows by which promise.
template <class Act>
Result<void> policy_is_the_one_in_force(const Retention& log, const Act& act) {
  if (log.policy_place() && log.policy_place()->leaf == act.policy) return {};
  return invalid("it names another policy than the one in force, or the log has none");
}

/// R31: one notice of a month is enough: nobody fills a log with them.
Result<void> notice_is_needed(const Retention& log, const NoticeAct& act) {
  for (const MonthRange& range : act.months)
    if (standing_notice(log, range) != nullptr)
      return worm(name_of(log, range) + " has a notice already");
  return {};
}

/// R26: each month was noticed, under the same policy, and people had the time that the policy
/// gives them.
Result<void> notice_was_given(const Retention& log, const DisposalAct& act) {
  const Notice* const notice = log.find_notice(act.notice);
  if (notice == nullptr || notice->policy != act.policy)
    return invalid("there is no such notice under this policy");
  for (const MonthRange& range : act.months)
    if (std::ranges::find(notice->months, range) == notice->months.end())
      return invalid(name_of(log, range) + " is not in the notice");
  if (log.timeline().missing_us(notice->place.index, notice_us(log.policy())) == 0) return {};
  return invalid("the notice is too young");
}

/// R27: a hold that came after the notice, even if it was released again, takes a new notice:
/// otherwise a month could go the moment that its hold does.
Result<void> notice_was_not_interrupted(const Retention& log, const DisposalAct& act) {
  const Notice* const notice = log.find_notice(act.notice);
  if (notice == nullptr) return {};
  for (const auto& [id, hold] : log.holds())
    for (const MonthRange& range : act.months)
      if (const Month* const month = log.find_month(range.month);
          month && hold.placed.index > notice->place.index && log.covers(hold, *month))
        return invalid(name_of(log, range) + " was under the hold " + id + " since its notice");
  return {};
}

/// R28: people approved of these months, or of disposing of all that is due, in the policy.
Result<void> disposal_is_approved(const Retention& log, const DisposalAct& act) {
  if (!act.by_policy) return approved(log, act.signers);
  if (log.policy().automatic && log.approvals_needed() >= kApprovalsMin) return {};
  return invalid("the policy does not switch automatic disposal on in a log with two approvers");
}

/// R29: what was approved is this history and no other: the tree up to the last of the months.
Result<void> history_is_the_one_approved(const Retention&, const DisposalAct& act) {
  if (act.root_is_the_logs) return {};
  return invalid("it names another tree than this log's");
}

/// R30: what became of keys and files is said of a month that was disposed of, until nothing is
/// left of it.
Result<void> disposed_follows_a_disposal(const Retention& log, const DisposedAct& act) {
  const Month* const month = log.find_month(act.month);
  if (month == nullptr || !month->disposal || month->disposal->leaf != act.disposal)
    return invalid("there is no such disposal of this month");
  if (!month->is_finished) return {};
  return worm("nothing was left of this month before");
}

constexpr std::array<Rule<NoticeAct>, 6> kNoticeRules{{{21, months_are_the_logs<NoticeAct>},
                                                       {22, months_are_there<NoticeAct>},
                                                       {23, months_are_due<NoticeAct>},
                                                       {24, nothing_is_held<NoticeAct>},
                                                       {25, policy_is_the_one_in_force<NoticeAct>},
                                                       {31, notice_is_needed}}};
constexpr std::array<Rule<DisposalAct>, 9> kDisposalRules{
    {{21, months_are_the_logs<DisposalAct>},
     {22, months_are_there<DisposalAct>},
     {23, months_are_due<DisposalAct>},
     {24, nothing_is_held<DisposalAct>},
     {25, policy_is_the_one_in_force<DisposalAct>},
     {26, notice_was_given},
     {27, notice_was_not_interrupted},
     {28, disposal_is_approved},
     {29, history_is_the_one_approved}}};
constexpr std::array<Rule<DisposedAct>, 1> kDisposedRules{{{30, disposed_follows_a_disposal}}};

}  // namespace

std::span<const Rule<NoticeAct>> rules_for(const NoticeAct&) {
  return kNoticeRules;
}
std::span<const Rule<DisposalAct>> rules_for(const DisposalAct&) {
  return kDisposalRules;
}
std::span<const Rule<DisposedAct>> rules_for(const DisposedAct&) {
  return kDisposedRules;
}

}  // namespace varve::rules
