// First in, first out.
#include "api/access/jwt_cache.h"

#include <algorithm>

namespace varve::api {

JwtCache::Shared JwtCache::find(const Hash& token) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(token);
  return found == entries_.end() ? nullptr : found->second;
}

void JwtCache::keep(const Hash& token, Shared entry) {
  const MutexLock lock(mutex_);
  const auto [place, fresh] = entries_.insert_or_assign(token, std::move(entry));
  if (fresh) order_.push_back(token);
  if (order_.size() <= most_) return;
  entries_.erase(order_.front());
  order_.pop_front();
}

void JwtCache::drop(const Hash& token) {
  const MutexLock lock(mutex_);
  if (entries_.erase(token) != 0) order_.erase(std::ranges::find(order_, token));
}

std::size_t JwtCache::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

}  // namespace varve::api
