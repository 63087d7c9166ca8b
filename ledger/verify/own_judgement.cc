// O1 to O4: one function each.
#include "ledger/verify/own_judgement.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/base/month.h"

namespace varve::verify {
namespace {

std::string span_text(std::uint64_t time_us) {
  const bool is_short = time_us % format::kDayUs != 0 && time_us < 2 * format::kDayUs;
  return is_short ? std::to_string(time_us / format::kMinuteUs) + " minutes"
                  : std::to_string(time_us / format::kDayUs) + " days";
}

/// Which no time takes away.
Doubt doubt(std::string why) {
  return {0, std::move(why), {}};
}

std::string first_seen_text(const OwnTime& time, LeafIndex record) {
  const auto seen_us = time.first_seen_us(record);
  return seen_us ? "first saw on " + time_text(*seen_us) : std::string("has not seen");
}

/// Nothing: so much time has passed since it saw the record, by the mirror's own count.
std::optional<Doubt> too_young(const OwnCase& judged, LeafIndex record, std::uint64_t wanted_us,
                               const std::string& what) {
  const std::uint64_t passed_us = judged.time.since_us(record);
  if (passed_us >= wanted_us) return std::nullopt;
  const std::uint64_t until_us =
      std::min(judged.time.newest_us() + (wanted_us - passed_us), format::kTimeMaxUs);
  return Doubt{0,
               what + " this mirror " + first_seen_text(judged.time, record) + ", and " +
                   span_text(passed_us) + " of " + span_text(wanted_us) +
                   " have passed since, so that it is kept until about " + time_text(until_us),
               until_us};
}

/// Nothing: as many approvers as it takes were known to the mirror for long enough before it saw
/// what they signed.
std::optional<Doubt> not_by_known(const OwnCase& judged, const Approval& approval,
                                  const std::string& what) {
  const std::uint64_t wait_us = judged.acts.wait_us();
  const auto known = std::ranges::count_if(approval.by, [&](const rules::Approver& approver) {
    return judged.time.known_before_us(approver.since, approval.at) >= wait_us;
  });
  if (static_cast<std::uint64_t>(known) >= approval.needed) return std::nullopt;
  return doubt(what + " was approved by " + std::to_string(known) +
               " approver(s) whom this mirror knew " + span_text(wait_us) +
               " before it saw that, and it takes " + std::to_string(approval.needed));
}

/// O1: the longest period that any policy stated has passed since the mirror saw the last record.
std::optional<Doubt> is_old_enough(const OwnCase& judged) {
  const auto range = judged.log.range_of(judged.month);
  if (!range) return doubt("the month is not over");
  return too_young(judged, LeafIndex{range->end.value - 1}, judged.acts.period_us(),
                   "its last record");
}

/// O2: each hold that kept it was released by people whom the mirror knew. A hold behind the disposal does
/// not cover the month, and an open one in front of it makes the disposal unlawful (R24).
std::optional<Doubt> was_released(const OwnCase& judged) {
  for (const Acts::Release& release : judged.acts.releases()) {
    const auto hold = judged.log.holds().find(release.hold);
    if (hold == judged.log.holds().end() || !judged.log.covers(hold->second, judged.month) ||
        judged.month.disposal->index < hold->second.placed.index)
      continue;
    if (auto why =
            not_by_known(judged, release.approval, "the release of the hold " + release.hold))
      return why;
  }
  return std::nullopt;
}

/// O3: whoever watches the mirror had the time of the longest notice to object, less the day (in a
/// draft the minute) by which it may have noted the notice late.
std::optional<Doubt> was_noticed(const OwnCase& judged) {
  const Acts::Disposal* const disposal = judged.acts.disposal_at(judged.month.disposal->index);
  const rules::Notice* const notice =
      disposal == nullptr ? nullptr : judged.log.find_notice(disposal->notice);
  if (notice == nullptr) return doubt("this mirror has not seen the notice");
  const std::uint64_t notice_us = judged.acts.notice_us();
  const std::uint64_t late_us = format::unit_us(judged.log.policy());
  return too_young(judged, notice->place.index, notice_us - std::min(notice_us, late_us),
                   "the notice");
}

/// O4: people whom the mirror knew approved of the disposal, or of the policy by which it came.
std::optional<Doubt> was_approved(const OwnCase& judged) {
  const Acts::Disposal* const disposal = judged.acts.disposal_at(judged.month.disposal->index);
  if (disposal == nullptr) return doubt("this mirror has not seen the disposal");
  if (disposal->approval) return not_by_known(judged, *disposal->approval, "the disposal");
  const Approval* const policy = judged.acts.policy_with(disposal->policy);
  if (policy == nullptr)
    return doubt("this mirror has not seen the policy by which it was disposed of");
  return not_by_known(judged, *policy, "the policy by which it was disposed of");
}

constexpr std::array<OwnRule, 4> kOwnRules{
    {{1, is_old_enough}, {2, was_released}, {3, was_noticed}, {4, was_approved}}};

}  // namespace

std::span<const OwnRule> own_rules() {
  return kOwnRules;
}

std::vector<Doubt> doubts(std::span<const OwnRule> rules, const OwnCase& judged) {
  std::vector<Doubt> found;
  for (const OwnRule& rule : rules) {
    auto doubt = rule.keeps(judged);
    if (!doubt) continue;
    doubt->rule = rule.number;
    found.push_back(std::move(*doubt));
  }
  return found;
}

std::optional<std::uint64_t> until_us(const std::vector<Doubt>& doubts) {
  std::optional<std::uint64_t> latest;
  for (const Doubt& doubt : doubts) {
    if (!doubt.until_us) return std::nullopt;
    latest = std::max(latest.value_or(0), *doubt.until_us);
  }
  return latest;
}

std::string doubts_text(const std::vector<Doubt>& doubts) {
  std::string text;
  for (const Doubt& doubt : doubts)
    text.append(text.empty() ? "O" : "; O").append(std::to_string(doubt.rule) + ": " + doubt.why);
  return text;
}

}  // namespace varve::verify
