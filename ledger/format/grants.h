// Who may do what on a log, as its server is configured: the text of a control record of kind 17. It has
// no signature of its own, like an audit run: the checkpoint over it shows that the log wrote it.
// docs/format/control.md
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

/// One role of one holder. In order of their bytes, first by the first field.
struct Grant {
  std::string
      proof;  // "token", "certificate" or "jwt": what the holder shows; else "listener" or "open"
  std::string role;    // 1 to 16 of a-z
  std::string source;  // that the role is limited to; empty: the whole log
  std::string who;     // a client's name; of "jwt" the issuer and what its token has to say
  auto operator<=>(const Grant&) const = default;
};

struct GrantSince {
  Grant grant;
  std::uint64_t since_us = 0;  // the time of the first record that has it without a break until now
  bool operator==(const GrantSince&) const = default;
};

struct Grants {
  std::string origin;
  std::optional<LeafIndex> previous;    // record of this kind
  std::uint64_t time_us = 0;            // by the server's clock, microseconds since 1970 UTC
  std::vector<GrantSince> grants = {};  // in order, no two alike
  std::uint64_t more = 0;               // that found no room: those behind the last one
  Hash more_hash = {};                  // of their lines; zeros: there are none
  bool operator==(const Grants&) const = default;
};

inline constexpr std::size_t kGrantsBytesMax = 60'000;  // of the text, so that a record holds it

/// `text` as the line can hold it: what is not visible ASCII or a space, and %, becomes %XX; at most 512
/// bytes of it.
std::string grant_holder(std::string_view text);
/// The line without its `since`, with its newline: "token append * clinic-a\n".
std::string grant_line(const Grant& grant);

std::string grants_text(const Grants& grants);
/// Errors: kInvalid  not exactly such a text.
Result<Grants> parse_grants(std::string_view text);

}  // namespace varve::format
