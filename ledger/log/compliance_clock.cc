// Reading the clocks.
#include "ledger/log/compliance_clock.h"

#include <algorithm>
#include <utility>

#include "ledger/base/month.h"
#include "ledger/rules/retention_rules.h"
#include "ledger/rules/stamp.h"

namespace varve::log {
namespace {

/// "3 days", "47 minutes"
std::string span_text(std::uint64_t us) {
  if (us >= 2 * format::kDayUs) return std::to_string(us / format::kDayUs) + " days";
  return std::to_string(us / format::kMinuteUs) + " minutes";
}

}  // namespace

ComplianceClock::ComplianceClock(env::Clock& clock, Notice notice,
                                 std::vector<format::EarlierMonth> earlier)
    : clock_(clock), notice_(std::move(notice)), earlier_(std::move(earlier)) {}

/// What ran before this process began is known up to the newest clock record. A log begins to run
/// with its first one.
void ComplianceClock::look(const rules::Retention& retention) {
  const std::uint64_t steady_ms = clock_.steady_ms();
  const bool has_run = !retention.timeline().empty();
  if (!begun_ms_ && has_run) before_us_ = retention.timeline().newest().running_us;
  if (!begun_ms_ || !has_run) begun_ms_ = steady_ms;
  moment_.host_us = std::min(clock_.now_us(), format::kTimeMaxUs);
  moment_.running_us = has_run ? before_us_ + (steady_ms - *begun_ms_) * 1'000 : 0;
  compare(reading_us(retention));
  tell_unused(retention);
}

/// What was admitted counts, so this is of records that another program wrote.
void ComplianceClock::tell_unused(const rules::Retention& retention) {
  if (retention.statements().empty() || told_unused_ == retention.statements().back().index) return;
  std::string why = "the log had no clock record in front of them";
  if (!retention.timeline().empty()) {
    const auto said = judge_statements(retention);
    if (said) return;
    why = said.error().message;
  }
  told_unused_ = retention.statements().back().index;
  if (notice_)
    notice_("evidence_not_used",
            "the next clock record does not carry the time stamps up to record " +
                std::to_string(told_unused_->value) + ": " + why);
}

std::uint64_t ComplianceClock::reading_us(const rules::Retention& retention) const {
  const rules::Timeline& time = retention.timeline();
  if (time.empty()) return rules::Timeline::first_reading_us(moment_.host_us, earlier_);
  return time.next(moment_.running_us, moment_.host_us, evidence(retention)).reading_us;
}

Result<format::Evidence> ComplianceClock::judge_statements(
    const rules::Retention& retention) const {
  const std::vector<rules::Stamp>& stamps = retention.statements();
  const format::Evidence said = rules::evidence_of(stamps);
  const std::uint64_t reading =
      retention.timeline().next(moment_.running_us, moment_.host_us, said).reading_us;
  const rules::ClockAct act{
      {LeafIndex{stamps.back().index.value + 1}, {}},
      {{}, retention.clocks(), reading, moment_.host_us, moment_.running_us, said, {}},
      stamps};
  RETURN_IF_ERROR(rules::judge(retention, act));
  return said;
}

std::optional<format::Evidence> ComplianceClock::evidence(const rules::Retention& retention) const {
  if (retention.statements().empty() || retention.timeline().empty()) return std::nullopt;
  auto said = judge_statements(retention);
  return said ? std::optional(std::move(*said)) : std::nullopt;
}

format::Clock ComplianceClock::next(const rules::Retention& retention, std::string origin) const {
  const bool is_first = retention.timeline().empty();
  return {std::move(origin),
          retention.clocks(),
          reading_us(retention),
          moment_.host_us,
          moment_.running_us,
          evidence(retention),
          is_first ? earlier_ : std::vector<format::EarlierMonth>{}};
}

bool ComplianceClock::is_due(const rules::Retention& retention) const {
  if (retention.timeline().empty()) return true;
  const std::uint64_t longest = format::unit_us(retention.policy());
  return moment_.running_us - retention.timeline().newest().running_us >= longest;
}

/// The operator hears of it once when it begins: what is behind it is not said again until the
/// clocks agree.
void ComplianceClock::compare(std::uint64_t reading_us) {
  const std::uint64_t host_us = moment_.host_us;
  const bool behind = host_us + kBehindMaxUs < reading_us;
  const bool ahead = host_us > reading_us + kAheadMaxUs;
  std::string trouble;
  if (behind || ahead)
    trouble = "the clock says " + time_text(host_us) + ", " +
              span_text(behind ? reading_us - host_us : host_us - reading_us) +
              (behind ? " before" : " after") + " the compliance clock, which says " +
              time_text(reading_us) +
              (behind ? ": set the clock"
                      : ". If nothing ran for so long, all is well; else set the clock") +
              ". Months follow the compliance clock";
  bool begins = false;
  {
    const MutexLock lock(mutex_);
    begins = trouble_.empty() && !trouble.empty();
    trouble_ = trouble;
    drift_us_ = static_cast<std::int64_t>(host_us) - static_cast<std::int64_t>(reading_us);
  }
  if (begins && notice_) notice_("clock_drift", trouble);
}

void ComplianceClock::report(LogStatus& status) const {
  const MutexLock lock(mutex_);
  status.clock = trouble_;
  status.clock_drift_us = drift_us_;
}

}  // namespace varve::log
