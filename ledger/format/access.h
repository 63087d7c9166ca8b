// Who read what, who was refused, and what of that a crash may have taken: the texts of records that the
// log writes of its server, of kinds 10, 11 and 130. None has a signature of its own, like an audit run:
// the checkpoint over it shows that the log wrote it. docs/format/access.md
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

inline constexpr std::size_t kReportBytesMax = 60'000;  // of each text, so that a record holds it
inline constexpr std::size_t kReportValueMax = 512;     // of what names somebody

/// `text` as a line can hold it: what is not visible ASCII or a space, and %, becomes %XX; at most
/// kReportValueMax bytes of it.
std::string report_value(std::string_view text);

/// Whoever asked, as the server knew it. All but the address may be empty: unknown, or there is none.
struct Reader {
  std::string client;      // a name of the configuration, or of a JWT
  std::string proof;       // "token", "certificate" or "jwt"
  std::string credential;  // "sha256:" and the hash of what it showed
  std::string subject;     // of the certificate or the JWT
  std::string issuer;      // of the JWT
  std::string token_id;    // of the JWT: its issuer's name for it
  std::string address;     // of the connection
  auto operator<=>(const Reader&) const = default;
};

/// Records, both ends included.
struct IndexRange {
  LeafIndex first;
  LeafIndex last;
  auto operator<=>(const IndexRange&) const = default;
};

/// Requests that came the same way and ended alike.
struct Reading {
  std::string method;          // "GET"
  std::string route;           // a pattern, never what was sent: "/logs/{log}/events/{item}"
  std::uint32_t status = 0;    // as HTTP counts: 200 answered, 410 its key was destroyed
  std::uint64_t requests = 0;  // at least one
  std::vector<IndexRange>
      read;  // what they asked for, together; ascending, not adjacent, not empty
  bool operator==(const Reading&) const = default;
};

/// What one reader read.
struct Access {
  std::string origin;
  Reader reader;
  std::uint64_t first_us = 0;     // when the first of it was answered, by the server's clock
  std::uint64_t last_us = 0;      // and the last
  std::vector<Reading> readings;  // ascending by method, route and status, each once; not empty
  bool operator==(const Access&) const = default;
};

std::string access_text(const Access& access);
/// Errors: kInvalid  not exactly such a text, or longer than kReportBytesMax.
Result<Access> parse_access(std::string_view text);

/// Attempts to read that were refused for the same reason.
struct Refused {
  std::string reason;  // "no-credential", "unknown-credential", "not-allowed" or "limit"
  std::string method;
  std::string route;
  std::string address;
  std::string client;  // empty: not known
  auto operator<=>(const Refused&) const = default;
};

struct RefusedCount {
  Refused what;
  std::uint64_t requests = 0;  // at least one
  bool operator==(const RefusedCount&) const = default;
};

/// The attempts of a while.
struct Refusals {
  std::string origin;
  std::uint64_t first_us = 0;
  std::uint64_t last_us = 0;
  std::vector<RefusedCount> refused;  // in order, no two alike; not empty
  std::uint64_t more = 0;             // attempts that found no room here
  bool operator==(const Refusals&) const = default;
};

std::string refusals_text(const Refusals& refusals);
/// Errors: as parse_access.
Result<Refusals> parse_refusals(std::string_view text);

/// The server ended without writing what it still had to: reads may be missing.
struct Loss {
  std::string origin;
  std::uint64_t since_us = 0;  // what was answered before then is on record
  std::uint64_t until_us = 0;  // when the server started again
  bool operator==(const Loss&) const = default;
};

std::string loss_text(const Loss& loss);
/// Errors: as parse_access.
Result<Loss> parse_loss(std::string_view text);

}  // namespace varve::format
