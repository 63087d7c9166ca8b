// How much may be under way at once: requests, and bytes of bodies. Everyone has a share of both,
// so that nobody can take all of it, and what counts is what is there: a header that announces a
// large body takes nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/common/ebb.h"
#include "ledger/base/mutex.h"

namespace varve::api {

struct GateLimits {
  std::size_t requests_max = 4096;  // at most half of them anonymous
  std::size_t requests_per_client_max = 1024;
  std::uint64_t body_bytes_max = 256u << 20;  // of requests and of responses together
};

/// A body up to this size comes with its request and is not counted by itself, which saves a small
/// append two locks: requests_max bounds these bytes.
inline constexpr std::size_t kSmallBody = 16'384;

/// Whose share something is taken from: a client's, or, of someone without a credential, the
/// address's. Behind a reverse proxy all the anonymous are one.
struct Asker {
  bool anonymous = true;
  std::string name;

  auto operator<=>(const Asker&) const = default;
};

/// Why a request was refused or a connection closed although nothing was wrong with it.
enum class Limit : std::uint8_t {
  kRequests,           // requests_max
  kClientRequests,     // requests_per_client_max
  kAnonymousRequests,  // half of requests_max
  kBytes,              // body_bytes_max
  kClientBytes,        // more than was left for everyone else
  kRoom,               // a connection that made room for another
  kTime,               // a connection that was too slow
  kClientRate,         // what this client may send in a second
  kAddressRate,        // the same of its address
  kAddress,            // a connection or message from an address that may not come in
};
inline constexpr std::size_t kLimits = 10;

/// As metrics spell it.
std::string_view limit_name(Limit limit);

/// Thread: any. Outlives its passes.
class Gate {
 private:
  struct Share {
    std::size_t requests = 0;
    std::uint64_t bytes = 0;
  };
  using Shares = std::map<Asker, Share>;

 public:
  /// Counts as under way until it is destroyed. Thread: one at a time.
  class Pass {
   public:
    Pass(Gate& gate, Shares::iterator share) : gate_(gate), share_(share) {}
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    /// Says how many bytes of a body the request holds from now on. Returns the limit that forbids
    /// it; then the count stays what it was.
    [[nodiscard]] std::optional<Limit> hold(std::uint64_t bytes);

   private:
    Gate& gate_;
    Shares::iterator share_;
    std::uint64_t held_ = 0;
  };
  using Entry = std::variant<std::unique_ptr<Pass>, Limit>;

  explicit Gate(const GateLimits& limits) : limits_(limits) {}

  /// From now on. What is under way stays, where it is more than that too.
  void set(const GateLimits& limits);

  /// `announced`: the body's size as the header gives it. A body that there is no room for now is
  /// refused before it is sent, but nothing is set aside for one that there is room for.
  Entry enter(const Asker& asker, std::uint64_t announced);
  [[nodiscard]] std::size_t requests() const;

 private:
  bool leave(Shares::iterator share, std::uint64_t held);
  std::optional<Limit> change(Share& share, std::uint64_t from, std::uint64_t to);
  [[nodiscard]] std::optional<Limit> too_many(const Asker& asker, const Share& share) const
      REQUIRES(mutex_);
  [[nodiscard]] std::optional<Limit> too_large(const Share& share, std::uint64_t more) const
      REQUIRES(mutex_);

  mutable Mutex mutex_;
  GateLimits limits_ GUARDED_BY(mutex_);
  std::size_t requests_ GUARDED_BY(mutex_) = 0;
  std::size_t anonymous_requests_ GUARDED_BY(mutex_) = 0;
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  Shares shares_ GUARDED_BY(mutex_);       // of those who have a request under way
  Ebb ebb_ GUARDED_BY(mutex_){64u << 20};  // of bytes_
};

}  // namespace varve::api
