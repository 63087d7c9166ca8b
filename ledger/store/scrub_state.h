// How far a scrub has come, and what it found, kept in a file so that a restart does not begin
// again. Derived: delete it, and the scrub begins at the first segment. docs/format/derived.md
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

struct ScrubState {
  std::uint64_t began_us = 0;     // of the pass under way; 0: none was begun
  std::uint64_t segments = 0;     // that the pass reads: 0 ... segments - 1
  std::uint64_t next = 0;         // the ordinal it reads next; segments: only its record is missing
  std::uint64_t size = 0;         // records in those that were read
  std::uint64_t bytes = 0;        // of those
  std::uint64_t destroyed = 0;    // of the records: only their hashes are left
  std::uint64_t finished_us = 0;  // when the last whole pass was recorded; 0: never
  std::map<std::uint64_t, std::vector<std::string>> damaged;  // ordinal -> files, until read again
  bool operator==(const ScrubState&) const = default;
};

std::string scrub_state_text(const ScrubState& state);
/// Errors: kInvalid  not exactly such a text.
Result<ScrubState> parse_scrub_state(std::string_view text);

/// A new state where there is none. Errors: kInvalid  it is damaged, or of a later format.  kIo.
Result<ScrubState> load_scrub_state(const env::Filesystem& files);
inline constexpr const char* kKeptScrubState = "scrub.kept";
/// Keeps the file under that name, in place of one that was kept before. Errors: kIo.
Result<void> keep_scrub_state_aside(env::Filesystem& files);
/// Replaces the file in one step. Errors: kFull, kIo.
Result<void> save_scrub_state(env::Filesystem& files, const ScrubState& state);

}  // namespace varve::store
