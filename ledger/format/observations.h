// What a mirror keeps of what it saw itself, and when by its own clock: the one thing in it that
// nobody can give to it. docs/format/observations.md
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/note.h"

namespace varve::format {

/// The mirror had audited this tree at that time.
struct Sighting {
  std::uint64_t time_us = 0;  // since 1970 UTC, by the mirror's clock: it may be wrong, or set
  std::uint64_t steady_ms =
      0;  // by a clock of the machine that nobody sets: since it started, about
  TreeSize size;
  Hash root;
  std::uint64_t boot = 0;  // another one since each start of the machine
  bool operator==(const Sighting&) const = default;
};

/// Events that the mirror let go, and why: it takes its place together with what is left.
struct ForgottenMonth {
  std::uint64_t time_us = 0;  // by the mirror's clock
  std::uint32_t month = 0;    // YYYYMM, or the number of a draft's key period
  std::uint64_t events = 0;
  std::optional<LeafIndex> disposal{};  // the record that its own judgement agreed with
  std::string decided_by{};             // else: who said so
  bool operator==(const ForgottenMonth&) const = default;
};

inline constexpr std::size_t kDecidedByMax = 256;

// The text:
//   varve mirror observations v1
//   key <vkey>                       the log's first key
//   read <n>                         the first n records were looked through for acts
//   act <index>                      of them: key events, policies, holds, notices, disposals; ascending
//   seen <time> <boot> <steady> <size> <root>    in the order in which it saw them; root in base64
//   forgot <time> <month> <events> record <index>
//   forgot <time> <month> <events> decided <who>      1 to 256 bytes of UTF-8
//   without <month>                  when last looked for, it had no event of this month; ascending
//   sum <64 hex digits>              SHA-256 of all lines before
struct Observations {
  VerifierKey first;
  TreeSize read;
  std::vector<LeafIndex> acts{};
  std::vector<Sighting> sightings{};  // sizes do not shrink
  std::vector<ForgottenMonth> forgotten{};
  std::set<std::uint32_t> without{};
  bool operator==(const Observations&) const = default;
};

/// Who decided, as such a line names them. Errors: kInvalid.
Result<void> check_decided_by(std::string_view who);
std::string observations_text(const Observations& observations);
/// Errors: kInvalid  not exactly such a text, or damaged.  kIo  of a later format (later_format.h).
Result<Observations> parse_observations(std::string_view text);

}  // namespace varve::format
