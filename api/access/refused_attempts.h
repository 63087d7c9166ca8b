// Attempts to read events that were refused, added up until they become one record: by reason, way, address
// and client, as many of these as the record holds, and a count of the rest.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ledger/format/access.h"

namespace varve::api {

class RefusedAttempts {
 public:
  void take(const format::Refused& what, std::uint64_t now_us);
  [[nodiscard]] bool empty() const { return counts_.empty(); }
  /// As a record of the log `origin` says it. Requires that it is not empty.
  [[nodiscard]] format::Refusals record(const std::string& origin) const;

 private:
  std::map<format::Refused, std::uint64_t> counts_;
  std::size_t bytes_ = 0;  // of their lines, at least
  std::uint64_t more_ = 0;
  std::uint64_t first_us_ = 0;
  std::uint64_t last_us_ = 0;
};

}  // namespace varve::api
