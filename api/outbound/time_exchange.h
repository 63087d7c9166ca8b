// One exchange with a time-stamping authority, without the network: what its answer means.
// Source: RFC 3161. docs/operating/time-stamps.md lists the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "api/access/stamped.h"
#include "ledger/format/retention.h"
#include "ledger/format/timestamp.h"
#include "tools/client/http.h"

namespace varve::api {

inline constexpr std::size_t kTimeReplyMax = format::kTimeTokenMax + (4u << 10);  // bytes
inline constexpr std::string_view kTimeQueryType = "application/timestamp-query";

/// What was asked of an authority.
struct TimeQuestion {
  const format::Checkpoint& checkpoint;
  std::uint64_t nonce;
  std::span<const format::TimeSource> sources;  // that the log's policy names
};

/// A time stamp that counts.
struct TimeStamp {
  Buffer token;
  format::SignedTime said;
  bool operator==(const TimeStamp&) const = default;
};

/// A time stamp, or why there is none.
struct TimeAnswer {
  std::optional<TimeStamp> stamp;
  NoStamp reason = NoStamp::kAway;  // without a stamp
  std::string why;                  // the same, for people; one line, whatever the authority said
  std::optional<std::uint64_t> retry_after_s;  // where a refusal says it
};

/// Host and port of a URL that check_peer() takes: its path may be what an authority knows its customers by, and
/// everybody reads /readyz.
std::string authority_name(const std::string& url);

/// Nothing came from there.
TimeAnswer no_time_reply(const std::string& url, const Error& error);
/// Never fails: whatever comes has a meaning.
TimeAnswer judge_time_reply(const client::HttpResponse& response, const TimeQuestion& asked);

/// By how much the authority's clock is ahead of the server's, at least: its time lies outside of the time between
/// question and answer. 0: it does not. How accurate it says it is does not count: it would excuse itself, and many
/// leave out the fraction of a second. Microseconds since 1970.
std::int64_t clock_offset_us(const format::SignedTime& said, std::uint64_t asked_us,
                             std::uint64_t answered_us);

}  // namespace varve::api
