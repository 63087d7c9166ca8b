// How much somebody may send in a second, over longer than a moment: token buckets. What is under way at once is
// limited by gate.h.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "ledger/base/mutex.h"

namespace varve::api {

/// 0: no limit.
struct RateLimits {
  std::uint64_t requests_per_second = 0;
  std::uint64_t bytes_per_second = 0;  // of requests' bodies and of messages

  [[nodiscard]] bool none() const { return requests_per_second == 0 && bytes_per_second == 0; }
  bool operator==(const RateLimits&) const = default;
};

/// Two buckets for each name, full at first: each holds what ten seconds bring. Bytes may be taken while there is one
/// left, and are owed then, so that no body is too large for ever. Of more names than `names_max`, the one that
/// asked longest ago is forgotten, one that owes nothing first, which favours it. Thread: any.
class Rates {
 public:
  static constexpr std::size_t kNamesMax = 10'000;
  static constexpr std::uint64_t kBurstSeconds = 10;

  explicit Rates(std::size_t names_max = kNamesMax) : names_max_(names_max) {}

  /// Takes one request, where `limits` allow it now; returns 0 then. Otherwise in how many milliseconds there will be
  /// one, at least 1; nothing is taken. `now_ms` is of a steady clock.
  std::uint64_t enter(std::string_view name, const RateLimits& limits, std::uint64_t now_ms);
  /// In how many milliseconds bytes may be sent; 0: now. Takes nothing.
  std::uint64_t wait_for_bytes(std::string_view name, const RateLimits& limits,
                               std::uint64_t now_ms);
  /// Takes bytes, whether they are there or owed.
  void charge_bytes(std::string_view name, const RateLimits& limits, std::uint64_t bytes,
                    std::uint64_t now_ms);
  /// All are full again.
  void forget();
  [[nodiscard]] std::size_t names() const;

 private:
  /// In thousandths: what a second brings is then what a millisecond does.
  struct Buckets {
    std::string name;
    std::int64_t requests = 0;
    std::int64_t bytes = 0;
    std::uint64_t filled_ms = 0;
  };
  using List = std::list<Buckets>;  // the one that asked last comes first

  Buckets& filled(std::string_view name, const RateLimits& limits, std::uint64_t now_ms)
      REQUIRES(mutex_);

  void forget_one(const RateLimits& limits) REQUIRES(mutex_);

  const std::size_t names_max_;
  mutable Mutex mutex_;
  List list_ GUARDED_BY(mutex_);
  std::map<std::string_view, List::iterator> by_name_ GUARDED_BY(mutex_);  // names lie in list_
};

}  // namespace varve::api
