// The steps by which a month ends that a record of the log disposes of, in the order in which they may happen:
//
//   1. the remains of every segment are written and synced, and read back (keep_month);
//   2. no copy of a data key is left in this process (the caller's);
//   3. the month's keys are destroyed, token by token (destroy_keys).
//
// All of it can be run again after a crash anywhere: remains come out the same, and keys that are gone
// are not missed. As long as one segment has no remains, no key is destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/kek_custody.h"
#include "ledger/rules/retention.h"
#include "ledger/store/segment_format.h"
#include "ledger/upkeep/store_state.h"

namespace varve::upkeep {

using env::KeyHolder;

/// The month's keys on one token.
struct HeldKeys {
  std::string token;
  std::vector<std::string> labels;
  std::optional<Error> away;  // why the token could not be asked
  [[nodiscard]] bool is_away() const { return away.has_value(); }
};

/// What became of the keys on one token.
struct DestroyedKeys {
  std::string token;
  std::vector<std::string> labels;    // destroyed by this run
  std::optional<Error> not_finished;  // keys of the month are left on it, or may be
  bool was_asked = true;              // else it is away
};

/// What a token answers to the question which key-encryption keys it has.
using TokenLabels = Result<std::vector<std::string>>;
/// Asks each token, in their order.
std::vector<TokenLabels> labels_on(std::span<const KeyHolder> tokens);
/// Those of the month among `labels`, which are of `tokens`.
std::vector<HeldKeys> keys_of_month(std::span<const KeyHolder> tokens,
                                    std::span<const TokenLabels> labels, const std::string& prefix,
                                    KeyPeriod period);
DestroyedKeys destroy_keys(const HeldKeys& held, env::KekCustody& keys);

/// By whichever token gives it. Errors: of one that may give it later, else that it is gone.
Result<env::SecretBytes> unwrap_by_any(const env::Filesystem& files,
                                       std::span<const KeyHolder> tokens,
                                       const store::SegmentHeader& header);

/// Writes the segment's remains, as long as its key can be had: of what lies there already nobody knows
/// whether it is true. Behind the key's end it is all there is.
/// `destroyed_us`: what tombstones will say.
/// Errors: kCorrupt  the segment is damaged or not sealed.  kFull, kIo, and what `unwrap` gives.
Result<void> keep_remains(env::Filesystem& files, const store::SegmentHeader& header,
                          std::uint64_t destroyed_us, const UnwrapDataKey& unwrap);

/// Whether the segments of these months, which are over, hold these records alone: with a month's keys
/// everything goes that lies under them.
/// Errors: kInvalid  they do not, as in a store that an early version restored.  kCorrupt, kIo.
Result<void> check_segments_of(const env::Filesystem& files,
                               std::span<const rules::MonthRange> months);

/// Writes the remains of all segments of the month, and returns these. Holds the lock of the month keys
/// meanwhile; afterwards no key is made for the month.
/// Errors: kWorm  the month's key is being rotated.  kInvalid  as check_segments_of, or a segment was locked
///         up under a key of another prefix.  kBusy  `goes_on` said no.  As keep_remains.
Result<std::vector<store::SegmentHeader>> keep_month(env::Filesystem& files,
                                                     const rules::MonthRange& month,
                                                     const std::string& prefix,
                                                     std::span<const KeyHolder> tokens,
                                                     std::uint64_t destroyed_us,
                                                     const std::function<bool()>& goes_on);

}  // namespace varve::upkeep
