// How much may be under way at once: requests, requests of one client, bytes of bodies. What is
// over a limit is refused at the door, before its body is read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "api/problem.h"

namespace varve::api {

struct GateLimits {
  std::size_t requests_max = 4096;
  std::size_t requests_per_client_max = 1024;
  std::uint64_t body_bytes_max = 256u << 20;  // of requests and of responses together
};

/// Thread: any. Outlives its passes.
class Gate {
 public:
  /// Counts as under way until it is destroyed.
  class Pass {
   public:
    Pass(Gate& gate, std::string client, std::uint64_t body_bytes);
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    /// Counts the body of the response too; false when that is too much at once.
    [[nodiscard]] bool add(std::uint64_t response_bytes);

   private:
    Gate& gate_;
    std::string client_;
    std::uint64_t body_bytes_;
  };
  using Entry = std::variant<std::unique_ptr<Pass>, ProblemId>;

  explicit Gate(const GateLimits& limits) : limits_(limits) {}

  /// `client` is empty for someone without a token, who shares only the common limits.
  Entry enter(const std::string& client, std::uint64_t body_bytes);
  [[nodiscard]] std::size_t requests() const;

 private:
  void leave(const std::string& client, std::uint64_t body_bytes);
  bool take_bytes(std::uint64_t bytes);

  const GateLimits limits_;
  mutable std::mutex mutex_;
  std::size_t requests_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::map<std::string, std::size_t> per_client_;
};

}  // namespace varve::api
