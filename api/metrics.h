// What Prometheus reads at /metrics: counters of requests, and the state of each log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/gate.h"

namespace varve::api {

struct HostedLog;

/// One finished request.
struct RequestFacts {
  std::string_view route;  // the pattern, never the path; static text, like the method
  std::string_view method;
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  double seconds = 0;
};

/// Thread: any.
class Metrics {
 public:
  explicit Metrics(const std::vector<HostedLog>& logs);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void request(const RequestFacts& facts);
  void connection_opened();
  void connection_closed();
  void connection_refused();
  /// How many there may be.
  void connections_max(std::size_t most);
  void limited(Limit limit);

  /// Text exposition format 0.0.4. Asks every log for its status.
  [[nodiscard]] std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace varve::api
