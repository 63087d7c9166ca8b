// Texts of policies and clock records, in one spelling each.
#include "ledger/format/retention.h"

#include <algorithm>

#include "ledger/format/retention_lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kPolicyTitle = "varve policy v1";
constexpr std::string_view kWitnessPolicyTitle = "varve policy v2";
constexpr std::string_view kPolicyTitleAnyVersion = "varve policy v";
constexpr std::size_t kVersionDigitsMax = 3;
constexpr std::string_view kTimestampType = "timestamp";
constexpr std::string_view kWitnessType = "witness";
constexpr std::string_view kClockTitle = "varve clock v1";
constexpr std::size_t kTimeSourceNameMax = 127;

Result<std::uint64_t> decode_time(std::string_view text) {
  ASSIGN_OR_RETURN(const std::uint64_t time, decode_decimal(text));
  if (time > kTimeMaxUs) return invalid("a time is past the year 9999");
  return time;
}

Result<std::uint64_t> take_time(std::string_view& text, std::string_view label) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  return decode_time(value);
}

Result<std::uint32_t> decode_small(std::string_view text) {
  ASSIGN_OR_RETURN(const std::uint64_t value, decode_decimal(text));
  if (value > kDraftMaxMinutes) return invalid("a number of a policy is too large");
  return static_cast<std::uint32_t>(value);
}

std::string_view unit_name(Mode mode) {
  return mode == Mode::kDraft ? " minutes" : " days";
}

Result<std::uint32_t> take_span(std::string_view& text, std::string_view label, Mode mode) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  const std::string_view unit = unit_name(mode);
  if (!value.ends_with(unit)) return invalid(std::string(label) + "is not in" + std::string(unit));
  return decode_small(value.substr(0, value.size() - unit.size()));
}

Result<Mode> take_mode(std::string_view& text) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, "mode "));
  if (value == "locked") return Mode::kLocked;
  if (value == "draft") return Mode::kDraft;
  return invalid("a policy is locked or draft");
}

Result<std::uint32_t> take_key_period(std::string_view& text, Mode mode) {
  if (mode == Mode::kDraft) return take_span(text, "key-period ", mode);
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, "key-period "));
  if (value != "month") return invalid("the key period of a locked log is a month");
  return 0U;
}

Result<bool> take_yes_or_no(std::string_view& text, std::string_view label) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  if (value != "yes" && value != "no") return invalid(std::string(label) + "is yes or no");
  return value == "yes";
}

bool names_a_witness(const Policy& policy) {
  return std::ranges::find(policy.sources, SourceType::kWitness, &TimeSource::type) !=
         policy.sources.end();
}

/// A program that knows no witnesses stops at such a policy, and computes no age of what is behind it.
std::string_view title_of(const Policy& policy) {
  return names_a_witness(policy) ? kWitnessPolicyTitle : kPolicyTitle;
}

Result<std::vector<TimeSource>> take_sources(std::string_view& text) {
  std::vector<TimeSource> sources;
  while (text.starts_with("source ")) {
    ASSIGN_OR_RETURN(std::string_view line, take_value(text, "source "));
    const std::string_view type = next_word(line);
    if (type != kTimestampType && type != kWitnessType)
      return invalid("a source is of a type that this program does not know");
    TimeSource source{std::string(next_word(line)),
                      {},
                      type == kWitnessType ? SourceType::kWitness : SourceType::kTimestamp};
    ASSIGN_OR_RETURN(source.key, decode_hex_hash(line));
    sources.push_back(std::move(source));
  }
  return sources;
}

bool is_within(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return least <= value && value <= most;
}

Result<void> check_spans(const Policy& p) {
  if (p.mode == Mode::kDraft) {
    if (is_within(p.period, 1, kDraftMaxMinutes) && is_within(p.notice, 1, kDraftMaxMinutes) &&
        is_within(p.wait, 1, kDraftMaxMinutes) &&
        is_within(p.key_period_minutes, 1, kKeyPeriodMaxMinutes))
      return {};
    return invalid("a draft's period, notice, wait or key period is out of bounds");
  }
  if (is_within(p.period, kPeriodMinDays, kPeriodMaxDays) &&
      is_within(p.notice, kNoticeMinDays, kPeriodMaxDays) &&
      is_within(p.wait, kWaitMinDays, kPeriodMaxDays) && p.key_period_minutes == 0)
    return {};
  return invalid("a policy's period, notice or wait is out of bounds");
}

std::string evidence_text(const Evidence& evidence) {
  std::string text = std::to_string(evidence.size.value) + " " +
                     std::to_string(evidence.latest_us) + " " +
                     std::to_string(evidence.earliest_us);
  for (const LeafIndex stamp : evidence.stamps) text += " " + std::to_string(stamp.value);
  return text;
}

Result<Evidence> parse_evidence(std::string_view whole) {
  Evidence evidence;
  std::string_view line = whole;
  ASSIGN_OR_RETURN(evidence.size.value, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(evidence.latest_us, decode_time(next_word(line)));
  ASSIGN_OR_RETURN(evidence.earliest_us, decode_time(next_word(line)));
  do {
    ASSIGN_OR_RETURN(const std::uint64_t index, decode_decimal(next_word(line)));
    if (!evidence.stamps.empty() && evidence.stamps.back().value >= index)
      return invalid("evidence names its records in order, each once");
    evidence.stamps.push_back(LeafIndex{index});
  } while (!line.empty());
  if (evidence.stamps.size() > kStampsMax) return invalid("evidence names too many records");
  if (evidence_text(evidence) != whole) return invalid("evidence is spelled wrongly");
  return evidence;
}

Result<EarlierMonth> parse_earlier(std::string_view line) {
  EarlierMonth earlier;
  ASSIGN_OR_RETURN(earlier.month, parse_month(next_word(line)));
  ASSIGN_OR_RETURN(earlier.first.value, decode_decimal(line));
  return earlier;
}

}  // namespace

Result<void> check_policy(const Policy& policy) {
  RETURN_IF_ERROR(check_spans(policy));
  if (policy.sources.size() > kTimeSourcesMax || policy.quorum > policy.sources.size() ||
      (policy.quorum == 0) != policy.sources.empty())
    return invalid("a policy's quorum is none or more than all of its sources");
  if (names_a_witness(policy) && policy.quorum < kWitnessQuorumMin)
    return invalid("a policy that names a witness takes a quorum of " +
                   std::to_string(kWitnessQuorumMin) + " sources or more");
  for (auto source = policy.sources.begin(); source != policy.sources.end(); ++source) {
    if (!is_key_name(source->name) || source->name.size() > kTimeSourceNameMax)
      return invalid("a source's name is empty, too long, or has a space or plus");
    for (auto other = policy.sources.begin(); other != source; ++other)
      if (other->name == source->name || other->key == source->key)
        return invalid("two sources have one name or one key");
  }
  return {};
}

std::string key_period_text(std::uint32_t month, Mode mode) {
  return mode == Mode::kDraft ? std::to_string(month) : month_text(month);
}

Result<std::uint32_t> parse_key_period(std::string_view text, Mode mode) {
  if (mode == Mode::kLocked) return parse_month(text);
  ASSIGN_OR_RETURN(const std::uint64_t number, decode_decimal(text));
  if (number > UINT32_MAX) return invalid("the number of a key period is too large");
  return static_cast<std::uint32_t>(number);
}

std::optional<std::string_view> policy_title(std::string_view payload) {
  const auto title = take_line(payload);
  if (!title || !title->starts_with(kPolicyTitleAnyVersion)) return std::nullopt;
  const std::string_view digits = title->substr(kPolicyTitleAnyVersion.size());
  const auto version = decode_decimal(digits);
  if (!version || *version == 0 || digits.size() > kVersionDigitsMax) return std::nullopt;
  return title;
}

bool is_policy(std::string_view text) {
  const auto title = take_line(text);
  return title == kPolicyTitle || title == kWitnessPolicyTitle;
}

std::string policy_text(const Policy& policy) {
  const std::string unit(unit_name(policy.mode));
  std::string text(title_of(policy));
  put_line(text, "\norigin ", policy.origin);
  put_number(text, "number ", policy.number);
  put_line(text, "previous ", hex(policy.previous.view()));
  put_line(text, "mode ", policy.mode == Mode::kDraft ? "draft" : "locked");
  put_line(text, "period ", std::to_string(policy.period) + unit);
  put_line(text, "notice ", std::to_string(policy.notice) + unit);
  put_line(text, "wait ", std::to_string(policy.wait) + unit);
  put_line(
      text, "key-period ",
      policy.mode == Mode::kDraft ? std::to_string(policy.key_period_minutes) + unit : "month");
  put_line(text, "automatic ", policy.automatic ? "yes" : "no");
  put_number(text, "quorum ", policy.quorum);
  for (const TimeSource& source : policy.sources) {
    const bool is_witness = source.type == SourceType::kWitness;
    put_line(text, "source ",
             std::string(is_witness ? kWitnessType : kTimestampType) + " " + source.name + " " +
                 hex(source.key.view()));
  }
  put_line(text, "key ", format_vkey(policy.key));
  return text;
}

Result<Policy> parse_policy(std::string_view text) {
  Policy policy;
  std::string_view rest = text;
  const std::string_view title =
      take_line(rest) == kWitnessPolicyTitle ? kWitnessPolicyTitle : kPolicyTitle;
  ASSIGN_OR_RETURN(policy.origin, take_head(text, title));
  ASSIGN_OR_RETURN(policy.number, take_decimal(text, "number "));
  ASSIGN_OR_RETURN(const std::string_view previous, take_value(text, "previous "));
  ASSIGN_OR_RETURN(policy.previous, decode_hex_hash(previous));
  ASSIGN_OR_RETURN(policy.mode, take_mode(text));
  ASSIGN_OR_RETURN(policy.period, take_span(text, "period ", policy.mode));
  ASSIGN_OR_RETURN(policy.notice, take_span(text, "notice ", policy.mode));
  ASSIGN_OR_RETURN(policy.wait, take_span(text, "wait ", policy.mode));
  ASSIGN_OR_RETURN(policy.key_period_minutes, take_key_period(text, policy.mode));
  ASSIGN_OR_RETURN(policy.automatic, take_yes_or_no(text, "automatic "));
  ASSIGN_OR_RETURN(const std::string_view quorum, take_value(text, "quorum "));
  ASSIGN_OR_RETURN(policy.quorum, decode_small(quorum));
  ASSIGN_OR_RETURN(policy.sources, take_sources(text));
  ASSIGN_OR_RETURN(const std::string_view key, take_value(text, "key "));
  ASSIGN_OR_RETURN(policy.key, parse_vkey(key));
  if (policy.key.name != policy.origin)
    return invalid("the key that signs a policy has the origin as its name");
  if (!text.empty()) return invalid("a policy has a line that it does not have");
  if (title != title_of(policy))
    return invalid("a policy is of version 2 where it names a witness, and of version 1 elsewhere");
  RETURN_IF_ERROR(check_policy(policy));
  return policy;
}

std::string clock_text(const Clock& clock) {
  std::string text(kClockTitle);
  put_line(text, "\norigin ", clock.origin);
  put_number(text, "number ", clock.number);
  put_number(text, "reading ", clock.reading_us);
  put_number(text, "host ", clock.host_us);
  put_number(text, "running ", clock.running_us);
  if (clock.evidence) put_line(text, "evidence ", evidence_text(*clock.evidence));
  for (const EarlierMonth& earlier : clock.earlier)
    put_line(text, "month ", month_text(earlier.month) + " " + std::to_string(earlier.first.value));
  return text;
}

Result<Clock> parse_clock(std::string_view text) {
  Clock clock;
  ASSIGN_OR_RETURN(clock.origin, take_head(text, kClockTitle));
  ASSIGN_OR_RETURN(clock.number, take_decimal(text, "number "));
  ASSIGN_OR_RETURN(clock.reading_us, take_time(text, "reading "));
  ASSIGN_OR_RETURN(clock.host_us, take_time(text, "host "));
  ASSIGN_OR_RETURN(clock.running_us, take_time(text, "running "));
  if (text.starts_with("evidence ")) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "evidence "));
    ASSIGN_OR_RETURN(clock.evidence, parse_evidence(line));
  }
  while (!text.empty()) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "month "));
    ASSIGN_OR_RETURN(const EarlierMonth earlier, parse_earlier(line));
    if (clock.number != 0 || clock.earlier.size() == kEarlierMonthsMax)
      return invalid("a clock record names no earlier months here, or fewer");
    clock.earlier.push_back(earlier);
  }
  return clock;
}

}  // namespace varve::format
