// What is counted of one way into the server: varve_http_requests_total and its siblings, and for
// another way in the same under its name.
#pragma once

#include <memory>
#include <string>

#include "api/access/gate.h"

namespace prometheus {
class Registry;
}

namespace varve::api {

struct Outcome;

/// Thread: any.
class Traffic {
 public:
  /// `way`: "http". Once for each way and registry, which outlives it.
  Traffic(const std::string& way, prometheus::Registry& registry);
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void finished(const Outcome& outcome);
  void connection_opened();
  void connection_closed();
  void connection_refused();
  /// How many there may be.
  void connections_max(std::size_t most);
  void limited(Limit limit);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace varve::api
