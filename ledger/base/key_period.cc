// Months by the calendar, key periods of draft logs by division.
#include "ledger/base/key_period.h"

#include "ledger/base/check.h"
#include "ledger/base/month.h"
#include "ledger/base/text.h"

namespace varve {
namespace {

constexpr std::uint64_t kMinuteUs = 60'000'000;
constexpr std::uint64_t kEndOfTimeUs = 253'402'300'800'000'000;  // the year 10000
constexpr char kDraftSign = 'p';

}  // namespace

KeyPeriod key_period_of(std::uint64_t time_us, std::uint16_t minutes) {
  if (minutes == 0) return {month_of(time_us), 0};
  return {static_cast<std::uint32_t>(time_us / (minutes * kMinuteUs)), minutes};
}

bool is_key_period(KeyPeriod period) {
  if (period.minutes == 0) return is_month(period.number);
  return period.minutes <= kKeyPeriodMaxMinutes &&
         period.number <= (kEndOfTimeUs - 1) / (period.minutes * kMinuteUs);
}

std::uint64_t end_of_key_period_us(KeyPeriod period) {
  CHECK(is_key_period(period));
  if (period.minutes == 0) return end_of_month_us(period.number);
  return (std::uint64_t{period.number} + 1) * period.minutes * kMinuteUs;
}

std::string key_period_text(KeyPeriod period) {
  return period.minutes == 0 ? month_text(period.number) : std::to_string(period.number);
}

Result<KeyPeriod> parse_key_period(std::string_view text, std::uint16_t minutes) {
  if (minutes == 0) {
    ASSIGN_OR_RETURN(const std::uint32_t month, parse_month(text));
    return KeyPeriod{month, 0};
  }
  const auto number = decode_decimal(text);
  if (!number || *number > UINT32_MAX ||
      !is_key_period({static_cast<std::uint32_t>(*number), minutes}))
    return invalid("a key period of a draft log is named by its number, 29934123 for example");
  return KeyPeriod{static_cast<std::uint32_t>(*number), minutes};
}

std::string key_period_name(KeyPeriod period) {
  if (period.minutes == 0) return month_text(period.number);
  return kDraftSign + std::to_string(period.number);
}

Result<KeyPeriod> parse_key_period_name(std::string_view name, std::uint16_t minutes) {
  if (minutes == 0) return parse_key_period(name, 0);
  if (!name.starts_with(kDraftSign))
    return invalid("a key period of a draft log begins with p in names");
  return parse_key_period(name.substr(1), minutes);
}

}  // namespace varve
