// What time stamps show of a tree that was verified: that all of its records were there before a time. Whose key
// an authority's is, the caller knows from the authority itself. docs/format/retention.md, "Stamped checkpoint"
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/retention.h"

namespace varve::verify {

/// One authority's word.
struct StampedBy {
  std::string authority;
  std::uint64_t before_us = 0;  // since 1970 UTC: its time, and what it may be off by
};

/// `text`: a stamped checkpoint. `tree`: what was verified. `consistency`: the answer of GET proof/consistency
/// from there to what was stamped; it may be empty where the two are the same.
/// Errors: kInvalid   malformed, of another log, or of an earlier tree; or the proof is missing.
///         kNotFound  no time stamp is by one of `authorities`.
///         kCorrupt   a time stamp does not verify, or what was stamped does not begin with `tree`.
Result<std::vector<StampedBy>> verify_stamped(std::string_view text, const format::Checkpoint& tree,
                                              std::string_view consistency,
                                              std::span<const format::TimeSource> authorities);

}  // namespace varve::verify
