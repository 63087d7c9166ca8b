// Counting in and out.
#include "api/access/gate.h"

#include <algorithm>

namespace varve::api {
namespace {

// Small bodies are counted with their requests.
std::uint64_t counted(std::uint64_t bytes) {
  return bytes <= kSmallBody ? 0 : bytes;
}

}  // namespace

std::string_view limit_name(Limit limit) {
  switch (limit) {
    case Limit::kRequests:
      return "requests";
    case Limit::kClientRequests:
      return "client-requests";
    case Limit::kAnonymousRequests:
      return "anonymous-requests";
    case Limit::kBytes:
      return "bytes";
    case Limit::kClientBytes:
      return "client-bytes";
    case Limit::kRoom:
      return "room";
    case Limit::kClientRate:
      return "client-rate";
    case Limit::kAddressRate:
      return "address-rate";
    case Limit::kAddress:
      return "address";
    case Limit::kTime:
      break;
  }
  return "time";
}

Gate::Pass::~Pass() {
  if (gate_.leave(share_, held_)) give_back_memory();
}

std::optional<Limit> Gate::Pass::hold(std::uint64_t bytes) {
  const std::uint64_t now = counted(bytes);
  if (now == held_) return std::nullopt;
  const auto limit = gate_.change(share_->second, held_, now);
  if (!limit) held_ = now;
  return limit;
}

std::optional<Limit> Gate::change(Share& share, std::uint64_t from, std::uint64_t to) {
  const MutexLock lock(mutex_);
  if (to > from) {
    if (const auto limit = too_large(share, to - from)) return limit;
  }
  bytes_ = bytes_ - from + to;
  share.bytes = share.bytes - from + to;
  ebb_.rose(bytes_);
  return std::nullopt;
}

// A share is at most what it leaves for the others: one alone gets half of everything, and whoever
// comes after any number of greedy ones still finds room.
std::optional<Limit> Gate::too_large(const Share& share, std::uint64_t more) const {
  const std::uint64_t left = limits_.body_bytes_max - std::min(limits_.body_bytes_max, bytes_);
  if (more > left) return Limit::kBytes;
  if (share.bytes + more > left - more) return Limit::kClientBytes;
  return std::nullopt;
}

std::optional<Limit> Gate::too_many(const Asker& asker, const Share& share) const {
  if (requests_ >= limits_.requests_max) return Limit::kRequests;
  if (share.requests >= limits_.requests_per_client_max) return Limit::kClientRequests;
  const std::size_t anonymous_max = std::max<std::size_t>(1, limits_.requests_max / 2);
  if (asker.anonymous && anonymous_requests_ >= anonymous_max) return Limit::kAnonymousRequests;
  return std::nullopt;
}

Gate::Entry Gate::enter(const Asker& asker, std::uint64_t announced) {
  const MutexLock lock(mutex_);
  const auto [share, fresh] = shares_.try_emplace(asker);
  auto limit = too_many(asker, share->second);
  if (!limit && counted(announced) != 0) limit = too_large(share->second, announced);
  if (limit) {
    if (fresh) shares_.erase(share);
    return *limit;
  }
  ++requests_;
  ++share->second.requests;
  if (asker.anonymous) ++anonymous_requests_;
  return std::make_unique<Pass>(*this, share);
}

// Whether it is time to give memory back.
bool Gate::leave(Shares::iterator share, std::uint64_t held) {
  const MutexLock lock(mutex_);
  --requests_;
  if (share->first.anonymous) --anonymous_requests_;
  bytes_ -= held;
  share->second.bytes -= held;
  if (--share->second.requests == 0) shares_.erase(share);
  return ebb_.fell(bytes_);
}

void Gate::set(const GateLimits& limits) {
  const MutexLock lock(mutex_);
  limits_ = limits;
}

std::size_t Gate::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

}  // namespace varve::api
