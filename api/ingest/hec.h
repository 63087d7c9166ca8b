// Bodies of Splunk's HTTP Event Collector. An event of /event is the slice of the body that is its
// object, byte for byte; objects follow each other with nothing or white space between them, or are one
// list. An event of /raw is a line, without its LF.
//
//   {"time":1,"event":{"who":"meier"}}{"event":"logout"}
//   ^--------------------------------^^----------------^
//
// Source: Splunk's "Format events for HTTP Event Collector"; what it leaves open was read in the clients
// that docs/senders/splunk.md names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::api {

/// Of a record whose payload is such an object, and of one that is a line.
inline constexpr std::string_view kHecMediaType = "application/vnd.splunk.event+json";
inline constexpr std::string_view kHecRawMediaType = "text/plain";
inline constexpr std::size_t kHecEventsMax = 65'536;

/// Splunk's numbers for what became of a request, which clients look at before the status.
enum class HecCode : std::uint16_t {
  kSuccess = 0,
  kTokenDisabled = 1,
  kTokenRequired = 2,
  kInvalidToken = 4,
  kNoData = 5,
  kInvalidFormat = 6,
  kInternal = 8,
  kBusy = 9,
  kChannelMissing = 10,
  kInvalidChannel = 11,
  kEventRequired = 12,
  kEventBlank = 13,
  kQueryToken = 16,
  kHealthy = 17,
  kUnhealthy = 18,
  kNoSuchPath = 404,
  kNoSuchMethod = 405,
};

/// Why nothing of a body is taken.
struct HecFault {
  HecCode code = HecCode::kInvalidFormat;
  std::string reason = {};                // never what the body says
  std::optional<std::size_t> event = {};  // the first that is wrong, counted from 0
  bool too_large = false;                 // an event, or their number
};

using HecEvents = std::variant<std::vector<std::string_view>, HecFault>;

/// At least one event; views into `body`, which grows while it is read and has its size again afterwards.
/// Each is one JSON object, checked as JsonChecker does by the grammar alone, with a member `event` that is
/// neither null nor "".
HecEvents parse_hec_events(Buffer& body);

/// The lines that are not empty. They may be any bytes.
HecEvents split_hec_lines(std::string_view body);

/// The ids that {"acks":[0,1]} asks about, in their order. `body` as above. Errors: kInvalid
Result<std::vector<std::uint64_t>> parse_hec_acks(Buffer& body);

}  // namespace varve::api
