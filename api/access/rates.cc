// Filling, taking, forgetting.
#include "api/access/rates.h"

#include <algorithm>
#include <limits>

namespace varve::api {
namespace {

constexpr std::int64_t kOne = 1'000;  // thousandths
constexpr int kSeenMost = 64;         // of those that may be forgotten
constexpr std::uint64_t kMostPerSecond = std::uint64_t{1} << 40;
constexpr std::int64_t kOwedMost = std::numeric_limits<std::int64_t>::max() / 4;

/// What `ms` bring; more than anybody owes counts as that.
std::int64_t brought(std::uint64_t per_second, std::uint64_t ms) {
  std::uint64_t out = 0;
  const bool too_much = __builtin_mul_overflow(std::min(per_second, kMostPerSecond), ms, &out) ||
                        out > static_cast<std::uint64_t>(kOwedMost);
  return too_much ? kOwedMost : static_cast<std::int64_t>(out);
}

std::int64_t full(std::uint64_t per_second) {
  return brought(per_second, Rates::kBurstSeconds * 1'000);
}

void fill(std::int64_t& level, std::uint64_t per_second, std::uint64_t ms) {
  level = std::min(full(per_second), level + brought(per_second, ms));
}

/// Milliseconds until `level` is `needed`.
std::uint64_t time_to(std::int64_t needed, std::int64_t level, std::uint64_t per_second) {
  if (per_second == 0 || level >= needed) return 0;
  const auto missing = static_cast<std::uint64_t>(needed - level);
  const std::uint64_t each_ms = std::min(per_second, kMostPerSecond);
  return (missing + each_ms - 1) / each_ms;
}

}  // namespace

Rates::Buckets& Rates::filled(std::string_view name, const RateLimits& limits,
                              std::uint64_t now_ms) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) {
    list_.splice(list_.begin(), list_, found->second);
    Buckets& buckets = list_.front();
    const std::uint64_t ms = now_ms - std::min(now_ms, buckets.filled_ms);
    fill(buckets.requests, limits.requests_per_second, ms);
    fill(buckets.bytes, limits.bytes_per_second, ms);
    buckets.filled_ms = std::max(buckets.filled_ms, now_ms);
    return buckets;
  }
  if (list_.size() >= names_max_) forget_one(limits);
  list_.push_front(
      {std::string(name), full(limits.requests_per_second), full(limits.bytes_per_second), now_ms});
  by_name_.emplace(list_.front().name, list_.begin());
  return list_.front();
}

/// Whoever owes nothing goes first: it gains little by it.
void Rates::forget_one(const RateLimits& limits) {
  const auto owes = [&](const Buckets& buckets) {
    return buckets.bytes < 0 || (limits.requests_per_second != 0 && buckets.requests < kOne);
  };
  auto chosen = std::prev(list_.end());
  auto at = list_.end();
  for (int n = 0; n < kSeenMost && at != list_.begin(); ++n)
    if (!owes(*--at)) {
      chosen = at;
      break;
    }
  by_name_.erase(chosen->name);
  list_.erase(chosen);
}

std::uint64_t Rates::enter(std::string_view name, const RateLimits& limits, std::uint64_t now_ms) {
  if (limits.none()) return 0;
  const MutexLock lock(mutex_);
  Buckets& buckets = filled(name, limits, now_ms);
  const std::uint64_t wait = std::max(time_to(kOne, buckets.requests, limits.requests_per_second),
                                      time_to(1, buckets.bytes, limits.bytes_per_second));
  if (wait == 0 && limits.requests_per_second != 0) buckets.requests -= kOne;
  return wait;
}

std::uint64_t Rates::wait_for_bytes(std::string_view name, const RateLimits& limits,
                                    std::uint64_t now_ms) {
  if (limits.bytes_per_second == 0) return 0;
  const MutexLock lock(mutex_);
  return time_to(1, filled(name, limits, now_ms).bytes, limits.bytes_per_second);
}

void Rates::charge_bytes(std::string_view name, const RateLimits& limits, std::uint64_t bytes,
                         std::uint64_t now_ms) {
  if (limits.bytes_per_second == 0 || bytes == 0) return;
  const MutexLock lock(mutex_);
  std::int64_t& level = filled(name, limits, now_ms).bytes;
  const auto owed = static_cast<std::int64_t>(
      std::min(bytes, static_cast<std::uint64_t>(kOwedMost / kOne)) * kOne);
  level = std::max(level - owed, -kOwedMost);
}

void Rates::forget() {
  const MutexLock lock(mutex_);
  by_name_.clear();
  list_.clear();
}

std::size_t Rates::names() const {
  const MutexLock lock(mutex_);
  return list_.size();
}

}  // namespace varve::api
