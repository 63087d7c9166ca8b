// From keys to a policy, and a policy compared with them.
#include "tools/varved/retention_config.h"

namespace varve::tools {
namespace {

Key optional_number_key(std::string_view name, std::uint64_t least, std::uint64_t most,
                        std::optional<std::uint32_t>& out) {
  return number_key(name, least, most, std::function<void(std::uint64_t)>{[&out](std::uint64_t v) {
                      out = static_cast<std::uint32_t>(v);
                    }});
}

bool says_minutes(const RetentionConfig& retention) {
  return retention.minutes || retention.notice_minutes || retention.wait_minutes ||
         retention.key_period_minutes;
}

constexpr const char* kForNewLogs = ", which is for a log that does not exist yet: ";

std::string days_differ(std::uint32_t configured, std::uint32_t in_force) {
  return "the log keeps its records for " + std::to_string(in_force) +
         " days, by the policy in its records, and retention_days says " +
         std::to_string(configured) + kForNewLogs + "write " + std::to_string(in_force) + " there";
}

std::string minutes_differ(const format::Policy& configured, const format::Policy& in_force) {
  return "the log is a draft that keeps its records for " + draft_text(in_force) +
         ", by the policy in its records, and the configuration says " + draft_text(configured) +
         kForNewLogs + "write the policy's minutes there";
}

/// A draft's: the number of the policy, the names in it and its key are others'.
bool has_same_minutes(const format::Policy& a, const format::Policy& b) {
  return a.period == b.period && a.notice == b.notice && a.wait == b.wait &&
         a.key_period_minutes == b.key_period_minutes;
}

}  // namespace

std::vector<Key> retention_keys(RetentionConfig& retention) {
  return {
      choice_key("mode", {"locked", "draft"},
                 [&retention](std::size_t choice) {
                   retention.mode = choice == 0 ? format::Mode::kLocked : format::Mode::kDraft;
                 }),
      optional_number_key("retention_days", format::kPeriodMinDays, format::kPeriodMaxDays,
                          retention.days),
      optional_number_key("retention_minutes", 1, format::kDraftMaxMinutes, retention.minutes),
      optional_number_key("notice_minutes", 1, format::kDraftMaxMinutes, retention.notice_minutes),
      optional_number_key("wait_minutes", 1, format::kDraftMaxMinutes, retention.wait_minutes),
      optional_number_key("key_period_minutes", 1, kKeyPeriodMaxMinutes,
                          retention.key_period_minutes),
  };
}

Result<format::Policy> first_policy(const RetentionConfig& retention) {
  format::Policy policy;
  if (!retention.is_draft()) {
    if (says_minutes(retention))
      return invalid("minutes are of a draft log: write mode = \"draft\", or retention_days");
    policy.period = retention.days.value_or(policy.period);
    return policy;
  }
  if (retention.days)
    return invalid(
        "a draft log keeps its records for minutes: write retention_minutes in place of "
        "retention_days");
  policy.mode = format::Mode::kDraft;
  policy.period = retention.minutes.value_or(kDraftPeriodMinutes);
  policy.notice = retention.notice_minutes.value_or(kDraftOtherMinutes);
  policy.wait = retention.wait_minutes.value_or(kDraftOtherMinutes);
  policy.key_period_minutes = retention.key_period_minutes.value_or(kDraftOtherMinutes);
  return policy;
}

Error two_modes(const std::string& draft, const std::string& locked) {
  return invalid("log " + draft + " is a draft and log " + locked +
                 " is locked: a draft makes a key on the token for each few minutes, so give it a "
                 "server and a token of its own");
}

std::string draft_text(const format::Policy& policy) {
  return std::to_string(policy.period) + " minutes, notice " + std::to_string(policy.notice) +
         ", wait " + std::to_string(policy.wait) + ", key period " +
         std::to_string(policy.key_period_minutes);
}

std::string how_retention_differs(const RetentionConfig& retention,
                                  const format::Policy& in_force) {
  const auto configured = first_policy(retention);
  CHECK(configured.has_value());  // it was read so
  if (in_force.mode == format::Mode::kDraft) {
    if (!retention.mode && !retention.days) return {};
    if (!retention.is_draft())
      return "the log is a draft, by the policy in its records, and never becomes locked: write "
             "mode = \"draft\" there, or begin another log";
    return has_same_minutes(*configured, in_force) ? "" : minutes_differ(*configured, in_force);
  }
  if (retention.is_draft())
    return "the log is locked, by the policy in its records, and mode says draft" +
           std::string(kForNewLogs) + "take mode and its minutes away, or begin another log";
  if (!retention.days || *retention.days == in_force.period) return {};
  return days_differ(*retention.days, in_force.period);
}

}  // namespace varve::tools
