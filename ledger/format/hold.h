// Holds: what is kept beyond its time until approvers release it, and the text that says why. What
// follows from them is ledger/rules. docs/format/retention.md, "Hold and hold text"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/retention.h"

namespace varve::format {

/// What a hold keeps. Months are inclusive, in a draft log numbers of key periods; a hold of a source
/// keeps each month in which that source has events.
struct Scope {
  enum class What : std::uint8_t { kAll, kMonths, kSource };
  What what = What::kAll;
  std::uint32_t first_month = 0;  // kMonths only
  std::uint32_t last_month = 0;   // kMonths only
  SourceId source;                // kSource only
  bool operator==(const Scope&) const = default;
};

/// As the note's line spells it: "all", "months 2026-11 2027-01", "source 0123456789abcdef".
std::string scope_text(const Scope& scope, Mode mode);
/// Errors: kInvalid.
Result<Scope> parse_scope(std::string_view text, Mode mode);

enum class HoldAction : std::uint8_t { kPlace, kRelease };

// Text of the note:
//   varve hold v1
//   origin <origin>
//   action place|release
//   id <1 to 64 of a-z 0-9 . ->      once for ever in a log
//   scope all                        place only; or
//   scope months <first> <last>      YYYY-MM, in a draft log numbers of key periods; or
//   scope source <16 hex digits>
//   text <64 hex digits>             place only: SHA-256 of the hold text
//   placed <64 hex digits>           release only: leaf hash of the record that placed it
struct Hold {
  std::string origin;
  HoldAction action = HoldAction::kPlace;
  std::string id;
  Scope scope{};  // kPlace only
  Hash text{};    // kPlace only
  Hash placed{};  // kRelease only
  bool operator==(const Hold&) const = default;
};

inline constexpr std::size_t kHoldIdMax = 64;

/// Whether a note's text is one, as its first line says.
bool is_hold(std::string_view text);
/// Months are spelled as the log's mode wants it.
std::string hold_note_text(const Hold& hold, Mode mode);
/// Parses; verifies nothing. Errors: kInvalid.
Result<Hold> parse_hold(std::string_view text, Mode mode);

// The payload is this text, without a signature. It goes with its month:
//   varve hold text v1
//   origin <origin>
//   id <as the hold>
//   salt <64 hex digits>             random: without it the hash confirms no guess
//   case <at most 256 bytes of UTF-8>
//   reason <at most 2,000>
//   contact <at most 256>
struct HoldText {
  std::string origin;
  std::string id;
  Hash salt;
  std::string reference;  // the line `case`
  std::string reason;
  std::string contact;
  bool operator==(const HoldText&) const = default;
};

inline constexpr std::size_t kHoldReferenceMax = 256;  // and of the contact
inline constexpr std::size_t kHoldReasonMax = 2'000;

std::string hold_text_text(const HoldText& text);
/// Errors: kInvalid  not exactly such a text.
Result<HoldText> parse_hold_text(std::string_view text);

}  // namespace varve::format
