// A checkpoint with the time stamps of several authorities over its text: what a server keeps beside a log and
// serves, and what somebody exports who wants to show what existed before when.
// docs/format/retention.md, "Stamped checkpoint"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/timestamp.h"

namespace varve::format {

inline constexpr std::size_t kTokensMax = 16;  // as a policy names sources
inline constexpr std::size_t kStampedCheckpointMax =
    kTokensMax * (kTimeTokenMax / 3 * 4 + 8) + 4'096;

// With one token this is the text of a `timestamp` record:
//   <origin>
//   <size>
//   <root, base64>
//   (an empty line)
//   <base64 of a token>    1 to 16 lines, none twice
struct StampedCheckpoint {
  Checkpoint checkpoint;
  std::vector<Buffer> tokens;
  bool operator==(const StampedCheckpoint&) const = default;
};

/// Requires tokens.
std::string stamped_checkpoint_text(const StampedCheckpoint& stamped);
/// Parses; does not look into the tokens. Errors: kInvalid  not exactly such a text.
Result<StampedCheckpoint> parse_stamped_checkpoint(std::string_view text);

}  // namespace varve::format
