// JWTs that were verified a moment ago, so that a client's next request does not pay for a signature.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "api/access/issuer.h"
#include "ledger/base/mutex.h"

namespace varve::api {

/// Keeps at most `most`: the oldest go first. Keeps no token, only its SHA-256. Thread: any.
class JwtCache {
 public:
  struct Entry {
    const IssuerOptions* issuer = nullptr;
    VerifiedJwt jwt;
  };
  using Shared = std::shared_ptr<const Entry>;

  explicit JwtCache(std::size_t most) : most_(most) {}

  /// Null: it is not there. Whether it may be used still is the caller's to ask.
  [[nodiscard]] Shared find(const Hash& token) const;
  void keep(const Hash& token, Shared entry);
  void drop(const Hash& token);
  [[nodiscard]] std::size_t size() const;

 private:
  const std::size_t most_;
  mutable Mutex mutex_;
  std::map<Hash, Shared> entries_ GUARDED_BY(mutex_);
  std::deque<Hash> order_ GUARDED_BY(mutex_);  // of entries_, the oldest first
};

}  // namespace varve::api
