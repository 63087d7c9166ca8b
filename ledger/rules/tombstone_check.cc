// The rules, each with the sentence that says how it was broken.
#include "ledger/rules/tombstone_check.h"

#include <algorithm>
#include <utility>

#include "ledger/base/month.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"
#include "ledger/format/retention.h"

namespace varve::rules {
namespace {

constexpr std::uint64_t kHourUs = 3'600'000'000;
constexpr std::uint64_t kDayUs = 24 * kHourUs;
constexpr std::uint64_t kYear10000Us = 253'402'300'800'000'000;

/// The server's own time of a record. Of other records the time is what their sender says.
std::optional<std::uint64_t> server_time(const format::Record& record) {
  if (record.source != format::kLogItself ||
      format::row_of(record.kind).fate == format::Fate::kGoes)
    return std::nullopt;
  if (record.time_us >= kYear10000Us) return std::nullopt;
  return record.time_us;
}

/// What the log's own clock says, if this is a clock record. One that cannot be read is not judged
/// here: who folds the log refuses it.
std::optional<std::uint64_t> reading_of(const format::Record& record) {
  if (record.kind != format::Kind::kClock) return std::nullopt;
  const auto clock = format::parse_clock(text_of(record.payload));
  return clock ? std::optional(clock->reading_us) : std::nullopt;
}

/// "the log's own clock says 2026-11-21T00:00:00Z"
std::string clock_says(const char* whose, std::uint64_t time_us) {
  return std::string(whose) + " clock says " + time_text(time_us);
}

/// Of one segment some may be of format 1 and some of format 2: the server named the disposal in between.
bool is_of_another_segment(const format::Tombstone& a, const format::Tombstone& b) {
  if (a.month != b.month || a.segment != b.segment) return true;
  return a.disposal.has_value() == b.disposal.has_value() && a != b;
}

bool is_over(KeyPeriod month, const Present& now) {
  if (now.log_us != 0) return month < key_period_of(now.log_us, month.minutes);
  return end_of_key_period_us(month) <= now.reader_us + kHourUs;
}

}  // namespace

std::optional<std::uint16_t> key_minutes_of(const format::Record& record) {
  if (record.kind != format::Kind::kPolicy) return std::nullopt;
  const auto note = format::parse_note(text_of(record.payload));
  if (!note) return std::nullopt;
  const auto policy = format::parse_policy(note->text);
  return policy ? std::optional(format::key_period(*policy, 0).minutes) : std::nullopt;
}

const DestroyedMonth* find_destroyed(const DestroyedMonths& months, std::uint32_t number) {
  const auto at = std::ranges::find_if(
      months, [number](const auto& month) { return month.first.number == number; });
  return at == months.end() ? nullptr : &at->second;
}

Result<void> check_possible(const format::Tombstone& tombstone, std::uint16_t key_minutes) {
  const KeyPeriod month{tombstone.month, key_minutes};
  if (tombstone.disposal && tombstone.key_minutes != key_minutes)
    return corrupt("it is of a log with other key periods");
  if (!is_key_period(month))
    return corrupt("it names the month " + std::to_string(tombstone.month) +
                   ", and there is none such");
  if (!tombstone.disposal && tombstone.destroyed_us < end_of_key_period_us(month))
    return corrupt("it says that the key of month " + key_period_text(month) +
                   " was destroyed before the month was over");
  return {};
}

Result<void> check_past(const format::Tombstone& tombstone, const Present& now) {
  const KeyPeriod period{tombstone.month, now.key_minutes};
  const std::string month = key_period_text(period);
  const std::uint64_t latest_us = std::max(now.reader_us, now.log_us);
  if (!is_over(period, now))
    return corrupt("its month " + month + " is not over: " +
                   (now.log_us != 0 ? clock_says("the log's own", now.log_us)
                                    : clock_says("this machine's", now.reader_us)));
  if (tombstone.destroyed_us > latest_us + kHourUs)
    return corrupt("it says that the key of month " + month +
                   " was destroyed at a time that is still to come: " +
                   clock_says("this machine's", now.reader_us));
  return {};
}

std::string explain(KeyPeriod month, const DestroyedMonth& destroyed) {
  std::string text = std::to_string(destroyed.records);
  text.append(destroyed.records == 1 ? " event of " : " events of ").append(key_period_text(month));
  text.append(destroyed.records == 1 ? " is" : " are");
  text.append(" gone");
  if (destroyed.destroyed_us != 0)
    text.append(": its key is said to be destroyed on ").append(time_text(destroyed.destroyed_us));
  if (!destroyed.is_judged && destroyed.named)
    text.append(": record ")
        .append(std::to_string(destroyed.named->value))
        .append(" is said to dispose of it");
  if (!destroyed.is_judged) return text;
  if (!destroyed.disposal) return text.append(", and no record of the log disposes of it: a loss");
  return text.append(", and record ")
      .append(std::to_string(destroyed.disposal->value))
      .append(" disposes of it");
}

void DestroyedMonth::add(LeafIndex first_record, LeafIndex last_record, std::uint64_t count,
                         std::uint64_t destroyed) {
  if (records == 0) first = first_record;
  first = std::min(first, first_record);
  last = std::max(last, last_record);
  records += count;
  destroyed_us = std::max(destroyed_us, destroyed);
}

void judge(DestroyedMonths& months, const Retention& log) {
  for (auto& [period, gone] : months) {
    gone.is_judged = true;
    const Month* const month = log.find_month(period.number);
    if (month == nullptr || !month->disposal || log.key_period(month->month) != period) continue;
    const auto range = log.range_of(*month);
    const bool is_that = !gone.named || *gone.named == month->disposal->index;
    if (is_that && range && range->first <= gone.first && gone.last < range->end)
      gone.disposal = month->disposal->index;
  }
}

std::optional<ImpossibleTombstone> TombstoneCheck::take(LeafIndex index, Bytes entry) {
  if (format::is_tombstone(entry)) {
    const auto tombstone = format::decode_tombstone(entry);
    if (!tombstone) return ImpossibleTombstone{index, tombstone.error().message};
    return take_tombstone(index, *tombstone);
  }
  before_.reset();
  const auto record = format::decode_record(entry);
  if (!record) return std::nullopt;
  auto wrong = now_.log_us == 0 ? take_time(*record) : std::nullopt;
  if (const auto minutes = key_minutes_of(*record)) now_.key_minutes = *minutes;
  if (const auto reading = reading_of(*record)) now_.log_us = *reading;
  return wrong;
}

std::optional<ImpossibleTombstone> TombstoneCheck::take_again(LeafIndex index, Bytes entry) {
  if (!format::is_tombstone(entry)) return std::nullopt;
  const auto tombstone = format::decode_tombstone(entry);
  if (!tombstone) return ImpossibleTombstone{index, tombstone.error().message};
  if (const auto possible = check_possible(*tombstone, now_.key_minutes); !possible)
    return ImpossibleTombstone{index, possible.error().message};
  claim(index, *tombstone);
  return std::nullopt;
}

std::optional<ImpossibleTombstone> TombstoneCheck::finish() const {
  if (auto wrong = out_of_order(now_.reader_us)) return wrong;
  for (const auto& [month, claim] : claims_)
    if (const auto past = check_past({month, 0, claim.destroyed_us, {}}, now_); !past)
      return ImpossibleTombstone{claim.index, past.error().message};
  return std::nullopt;
}

void TombstoneCheck::claim(LeafIndex index, const format::Tombstone& tombstone) {
  const Claim claimed{tombstone.destroyed_us, index};
  const auto [at, is_new] = claims_.try_emplace(tombstone.month, claimed);
  if (!is_new && tombstone.destroyed_us > at->second.destroyed_us) at->second = claimed;
}

std::uint32_t TombstoneCheck::clock_month() const {
  return now_.log_us == 0 ? 0 : key_period_of(now_.log_us, now_.key_minutes).number;
}

std::optional<ImpossibleTombstone> TombstoneCheck::take_time(const format::Record& record) {
  const auto time_us = server_time(record);
  if (!time_us) return std::nullopt;
  auto wrong = out_of_order(*time_us);
  server_us_ = *time_us;
  earliest_.reset();
  return wrong;
}

std::optional<ImpossibleTombstone> TombstoneCheck::take_tombstone(
    LeafIndex index, const format::Tombstone& tombstone) {
  if (const auto possible = check_possible(tombstone, now_.key_minutes); !possible)
    return ImpossibleTombstone{index, possible.error().message};
  format::Tombstone grave = tombstone;
  grave.leaf = {};
  if (before_ && is_of_another_segment(*before_, grave))
    return ImpossibleTombstone{index,
                               "the one before it in its batch is of another segment or time"};
  before_ = grave;
  if (tombstone.disposal && *tombstone.disposal <= index)
    return ImpossibleTombstone{index, "it names a disposal that stands before it"};
  if (tombstone.month < clock_month())
    return ImpossibleTombstone{index, "it names the month " +
                                          key_period_text(period(tombstone.month)) +
                                          ", and the clock record before it is of " +
                                          key_period_text(period(clock_month()))};
  claim(index, tombstone);
  if (now_.log_us == 0 && (!earliest_ || tombstone.month < earliest_->month))
    earliest_ = {index, tombstone.month};
  DestroyedMonth& month = months_[period(tombstone.month)];
  if (tombstone.disposal && month.named && *month.named != *tombstone.disposal)
    return ImpossibleTombstone{index, "one before it names another disposal of the same month"};
  month.add(index, index, 1, tombstone.destroyed_us);
  if (tombstone.disposal) month.named = tombstone.disposal;
  return std::nullopt;
}

std::optional<ImpossibleTombstone> TombstoneCheck::out_of_order(std::uint64_t next_us) const {
  if (!earliest_ || next_us < server_us_ || server_us_ < kDayUs) return std::nullopt;
  const std::uint32_t known = key_period_of(server_us_ - kDayUs, now_.key_minutes).number;
  if (earliest_->month >= known) return std::nullopt;
  return ImpossibleTombstone{earliest_->index,
                             "it names the month " + key_period_text(period(earliest_->month)) +
                                 ", and a record before it is of " + time_text(server_us_)};
}

std::uint64_t TombstoneCheck::records() const {
  std::uint64_t records = 0;
  for (const auto& [month, destroyed] : months_) records += destroyed.records;
  return records;
}

void TombstoneCheck::encode(ByteWriter& out) const {
  out.u64(server_us_).u64(now_.log_us).u8(earliest_ ? 1 : 0);
  if (earliest_) out.u64(earliest_->index.value).u32(earliest_->month);
  out.u8(before_ ? 1 : 0);
  if (before_) {
    const Buffer whole = format::encode_tombstone(*before_);
    out.u8(static_cast<std::uint8_t>(whole.size())).bytes(whole);
  }
  out.u32(static_cast<std::uint32_t>(months_.size()));
  for (const auto& [month, destroyed] : months_)
    out.u32(month.number)
        .u64(destroyed.records)
        .u64(destroyed.destroyed_us)
        .u64(destroyed.first.value)
        .u64(destroyed.last.value)
        .u64(destroyed.named ? destroyed.named->value : 0);  // no disposal is record 0
  out.u32(static_cast<std::uint32_t>(claims_.size()));
  for (const auto& [month, claim] : claims_)
    out.u32(month).u64(claim.destroyed_us).u64(claim.index.value);
}

void TombstoneCheck::decode(ByteReader& in, std::uint16_t key_minutes) {
  now_.key_minutes = key_minutes;
  server_us_ = in.u64();
  now_.log_us = in.u64();
  earliest_.reset();
  if (in.u8() == 1) earliest_ = {LeafIndex{in.u64()}, in.u32()};
  before_.reset();
  if (in.u8() == 1) {
    const auto before = format::decode_tombstone(in.take(in.u8()));
    if (before) before_ = *before;
  }
  months_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const std::uint32_t month = in.u32();
    DestroyedMonth& gone = months_[period(month)];
    gone = {in.u64(), in.u64(), LeafIndex{in.u64()}, LeafIndex{in.u64()}};
    if (const std::uint64_t named = in.u64(); named != 0) gone.named = LeafIndex{named};
  }
  claims_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const std::uint32_t month = in.u32();
    claims_[month] = {in.u64(), LeafIndex{in.u64()}};
  }
}

}  // namespace varve::rules
