// What time-stamping authorities say of a log: the newest checkpoint that enough of them have stamped, and who
// is in trouble.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/types.h"

namespace varve::api {

/// Why an authority gave no time stamp that counts. Each is a metric.
enum class NoStamp : std::uint8_t {
  kAway,      // nobody answers there, too slowly, with too much, or it is somebody else
  kRefused,   // it answers, and gives no token
  kFalse,     // what it gives is no token over this checkpoint for this query
  kStranger,  // a good token, by a key that the log's policy does not name
};
inline constexpr std::array<const char*, 4> kNoStampNames = {"away", "refused", "false",
                                                             "stranger"};

/// What the metrics and /readyz say of an authority that the log asks.
struct TimeAuthorityStatus {
  std::string name;             // where it is asked: host and port
  std::uint64_t stamped_s = 0;  // when its last time stamp came, since 1970; 0: not since the start
  std::int64_t offset_us = 0;   // by which its clock was ahead of the server's then, at least
  bool clock_is_off = false;    // by more than a minute: one of the two is wrong
  std::array<std::uint64_t, kNoStampNames.size()> failures{};  // since the start, by NoStamp
  std::string trouble;  // why the last request brought no stamp; empty: it did
};

struct StampedStatus {
  TreeSize size;  // of the newest stamped checkpoint; 0: there is none
  std::uint64_t time_us =
      0;  // when that was there, at the latest, by its time stamps; 0: there is none
  std::uint64_t recorded =
      0;                // how often the log has taken time stamps as evidence since the start
  std::string trouble;  // why nothing is asked, or what was kept cannot be used; empty: all is well
  std::string
      evidence_trouble;  // why the log did not take the newest as evidence; empty: it did, or need not
  std::vector<TimeAuthorityStatus> authorities;
  std::uint64_t evidence_us = 0;  // `latest` of the log's newest evidence, whoever gave it; 0: none
  bool evidence_waits = false;    // evidence_trouble ends by itself
  bool kept_is_refused =
      false;  // the log does not begin with what was kept, or another server keeps it too
};

/// Thread: any. Nothing here waits.
class StampedCheckpoints {
 public:
  virtual ~StampedCheckpoints() = default;
  /// A format::StampedCheckpoint with the tokens of enough authorities, by the log's policy. It is durable
  /// before it is here. Null: there is none.
  [[nodiscard]] virtual std::shared_ptr<const std::string> newest() const = 0;
  [[nodiscard]] virtual StampedStatus status() const = 0;
};

}  // namespace varve::api
