// Notice, disposal, and what the server says became of a month's keys and files. Which of them may
// follow is ledger/rules. docs/format/retention.md, "Notice" to "Disposed"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/key_statement.h"
#include "ledger/format/retention.h"

namespace varve::format {

inline constexpr std::size_t kMonthsPerActMax = 120;
inline constexpr std::size_t kDisposedSegmentsMax = 10'000;
inline constexpr std::size_t kDisposedTokensMax = 16;

/// A month, or a key period of a draft log, as an act names it: records first ... end - 1.
struct MonthRange {
  std::uint32_t month = 0;
  LeafIndex first;
  LeafIndex end;
  bool operator==(const MonthRange&) const = default;
};

// The payload is this text, without a signature:
//   varve notice v1
//   origin <origin>
//   policy <64 hex digits>           leaf hash of the one in force
//   month <month> <first> <end>      1 to 120 times, ascending; YYYY-MM, in a draft log a number
struct Notice {
  std::string origin;
  Hash policy;
  std::vector<MonthRange> months{};
  bool operator==(const Notice&) const = default;
};

/// Whether it begins as a notice.
bool is_notice(std::string_view text);
std::string notice_text(const Notice& notice, Mode mode);
/// Errors: kInvalid  not exactly such a text.
Result<Notice> parse_notice(std::string_view text, Mode mode);

// Text of the note; `by policy`: the payload is this text, without a signature.
//   varve disposal v1
//   origin <origin>
//   policy <64 hex digits>
//   notice <64 hex digits>           leaf hash of the notice
//   month <month> <first> <end>      as in a notice
//   root <base64>                    of the log's tree up to the end of the last month
//   by approvers|policy
struct Disposal {
  std::string origin;
  Hash policy;
  Hash notice;
  std::vector<MonthRange> months{};
  Hash root;
  bool by_policy = false;
  bool operator==(const Disposal&) const = default;
};

/// Whether it begins as a disposal.
bool is_disposal(std::string_view text);
std::string disposal_text(const Disposal& disposal, Mode mode);
/// Parses; verifies nothing. Errors: kInvalid.
Result<Disposal> parse_disposal(std::string_view text, Mode mode);

/// What became of the month's key on one token.
enum class KeyEnd : std::uint8_t { kDestroyed, kAbsent, kAway, kFailed };

struct TokenEnd {
  KeyEnd end = KeyEnd::kDestroyed;
  std::string uri;
  bool operator==(const TokenEnd&) const = default;
};
/// Whether the token may have the key still.
inline bool is_left(const TokenEnd& token) {
  return token.end == KeyEnd::kAway || token.end == KeyEnd::kFailed;
}

// The payload is this text, without a signature:
//   varve disposed v1
//   origin <origin>
//   disposal <64 hex digits>         leaf hash of the disposal
//   month <month>
//   segments <ordinal> ...           1 to 10,000, ascending
//   files removed|kept
//   token destroyed|absent|away|failed <URI>      1 to 16 times
//   complete yes|no
struct Disposed {
  std::string origin;
  Hash disposal;
  std::uint32_t month = 0;
  std::vector<std::uint64_t> segments{};
  bool files_removed = false;
  std::vector<TokenEnd> tokens{};
  bool is_complete = false;
  bool operator==(const Disposed&) const = default;
};

std::string disposed_text(const Disposed& disposed, Mode mode);
/// Errors: kInvalid  not exactly such a text.
Result<Disposed> parse_disposed(std::string_view text, Mode mode);

}  // namespace varve::format
