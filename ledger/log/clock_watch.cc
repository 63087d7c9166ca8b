// Judging the clock.
#include "ledger/log/clock_watch.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ledger/base/month.h"
#include "ledger/store/data_keys.h"

namespace varve::log {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kDay = 86'400 * kSecond;

/// "3 days", "47 minutes"
std::string span_text(std::uint64_t us) {
  if (us >= 2 * kDay) return std::to_string(us / kDay) + " days";
  return std::to_string(us / (60 * kSecond)) + " minutes";
}

std::uint64_t magnitude(std::int64_t by_us) {
  return static_cast<std::uint64_t>(by_us < 0 ? -by_us : by_us);
}

bool is_jump(std::int64_t by_us) {
  return magnitude(by_us) > (by_us < 0 ? ClockWatch::kBehindMaxUs : ClockWatch::kAheadMaxUs);
}

}  // namespace

ClockWatch::ClockWatch(env::Clock& clock, Notice notice, const state::NewestSegment& newest)
    : clock_(clock), notice_(std::move(notice)), newest_(newest) {}

void ClockWatch::look() {
  const std::uint64_t now_us = clock_.now_us();
  const std::uint64_t steady_ms = clock_.steady_ms();
  if (!std::exchange(looked_, true)) {
    note_start(now_us);
  } else {
    const auto by_clock = static_cast<std::int64_t>(now_us - seen_us_);
    const auto passed = static_cast<std::int64_t>((steady_ms - seen_steady_ms_) * 1'000);
    drifted(by_clock - passed, now_us);
  }
  seen_us_ = now_us;
  seen_steady_ms_ = steady_ms;
  const bool behind = is_behind(now_us);
  if (std::exchange(was_behind_, behind) && !behind) off_us_ = 0;  // set right, or caught up
  std::string trouble = trouble_at(now_us);
  const MutexLock lock(mutex_);
  trouble_ = std::move(trouble);
}

/// What happened to the clock while nothing ran.
void ClockWatch::note_start(std::uint64_t now_us) {
  const bool ahead = newest_.month != 0 && now_us > newest_.created_us + kAheadAtStartMaxUs;
  if (ahead)
    at_start_ = "the clock says " + time_text(now_us) + ", " +
                span_text(now_us - newest_.created_us) +
                " after the newest segment was begun. If nothing was appended for so long, all is "
                "well; else set the clock before more is appended: months do not go back";
  if (!ahead && !is_behind(now_us)) return;
  tell("clock_jumped", trouble_at(now_us));
  const MutexLock lock(mutex_);
  ++jumps_;
}

/// At once, or in steps that are small each.
void ClockWatch::drifted(std::int64_t by_us, std::uint64_t now_us) {
  const bool was_off = is_jump(off_us_);
  off_us_ += by_us;
  if (is_jump(by_us))
    jumped(by_us, now_us);
  else if (!was_off && is_jump(off_us_))
    jumped(off_us_, now_us);
}

void ClockWatch::jumped(std::int64_t by_us, std::uint64_t now_us) {
  tell("clock_jumped", "the clock was set " + std::string(by_us < 0 ? "back" : "ahead") + " by " +
                           span_text(magnitude(by_us)) + " and says " + time_text(now_us));
  const MutexLock lock(mutex_);
  ++jumps_;
}

void ClockWatch::tell(const std::string& event, const std::string& sentence) const {
  if (notice_) notice_(event, sentence);
}

bool ClockWatch::is_behind(std::uint64_t now_us) const {
  const std::uint64_t least = std::max(newest_.created_us, store::kFirstTimeUs);
  return now_us + kBehindMaxUs < least;
}

std::string ClockWatch::trouble_at(std::uint64_t now_us) const {
  const std::string says = "the clock says " + time_text(now_us);
  if (refused_)
    return says + ", and the month " + month_text(*refused_) +
           " was disposed of: appends are refused until the clock is set right";
  if (is_behind(now_us) && newest_.month == 0)
    return says + ", before this program was made: set it";
  if (is_behind(now_us))
    return says + ", but the newest segment was begun at " + time_text(newest_.created_us) +
           ". Until the clock is past that, new segments go under the key of " +
           month_text(newest_.month) + ": set it";
  if (is_jump(off_us_))
    return says + ", " + span_text(magnitude(off_us_)) + (off_us_ < 0 ? " less" : " more") +
           " than has passed since the start: set it, or restart when it is right";
  return at_start_;
}

void ClockWatch::date(store::SegmentHeader& header) const {
  header.created_us = std::max({clock_.now_us(), newest_.created_us, store::kFirstTimeUs});
  header.month = store::month_of_segment(header.created_us, newest_.month);
}

void ClockWatch::opened(const store::SegmentHeader& header) {
  newest_ = {header.month, header.created_us};
  opened_us_ = clock_.now_us();
  opened_steady_ms_ = clock_.steady_ms();
  if (!refused_) return;
  refused_.reset();
  off_us_ = 0;  // it was set right
  std::string trouble = trouble_at(opened_us_);
  const MutexLock lock(mutex_);
  trouble_ = std::move(trouble);
}

/// The age counts by either clock: one may stand still or go back, the other does not count the
/// time in which the machine was suspended.
bool ClockWatch::is_over(std::uint64_t age_max_s) const {
  const std::uint64_t now_us = clock_.now_us();
  return now_us >= opened_us_ + age_max_s * kSecond ||
         clock_.steady_ms() >= opened_steady_ms_ + age_max_s * 1'000 ||
         month_of(now_us) > newest_.month;
}

Error ClockWatch::refuse(std::uint32_t month) {
  const bool first = refused_ != month;
  refused_ = month;
  std::string trouble = trouble_at(clock_.now_us());
  if (first) tell("month_disposed_of", trouble);
  const MutexLock lock(mutex_);
  trouble_ = trouble;
  return busy(std::move(trouble));
}

void ClockWatch::report(LogStatus& status) const {
  const MutexLock lock(mutex_);
  status.clock = trouble_;
  status.clock_jumps = jumps_;
}

}  // namespace varve::log
