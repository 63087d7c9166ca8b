// The list, the count and the line.
#include "api/access/allowed_addresses.h"

#include <utility>

#include "api/access/gate.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kQuietMs = 60'000;  // between two lines

}  // namespace

void AllowedAddresses::set(Networks networks) {
  const MutexLock lock(mutex_);
  networks_ = std::move(networks);
}

bool AllowedAddresses::let_in(const std::optional<Address>& address) {
  MutexLock lock(mutex_);
  if (networks_.empty() || (address && networks_.cover(*address))) return true;
  traffic_.limited(Limit::kAddress);
  ++refused_;
  const std::uint64_t now_ms = clock_.steady_ms();
  if (told_ms_ && now_ms - *told_ms_ < kQuietMs) return false;
  told_ms_ = now_ms;
  const std::uint64_t count = std::exchange(refused_, 0);
  lock.unlock();
  const std::string last = address ? address_text(*address) : "";
  journal_.write(Level::kWarning, "address_not_allowed",
                 {{"listener", way_}, {"peer", last}, {"count", count}});
  return false;
}

}  // namespace varve::api
