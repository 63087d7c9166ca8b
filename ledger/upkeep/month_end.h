// The steps by which a month ends that a record of the log disposes of, in the order in which they may happen:
//
//   1. the remains of every segment are written and synced, read back and proved (keep_month);
//   2. no copy of a data key is left in this process (the caller's);
//   3. the month's keys are destroyed, token by token (destroy_keys);
//   4. the remains are proved again, and the segments' files go (remove_files).
//
// All of it can be run again after a crash anywhere: remains come out the same, and keys that are gone
// are not missed. As long as one segment lacks remains that are proved, no key is destroyed and no file goes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/kek_custody.h"
#include "ledger/rules/retention.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/segment_format.h"
#include "ledger/upkeep/remains_proof.h"
#include "ledger/upkeep/store_state.h"

namespace varve::upkeep {

using env::KeyHolder;
using state::DisposedOf;

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

/// What a token answers to the question which key-encryption keys of a log it has.
struct TokenKeys {
  std::string token;
  std::map<std::string, std::vector<std::string>, std::less<>> labels;  // by key_period_name()
  std::optional<Error> away;
};
/// Asks each token, in their order.
std::vector<TokenKeys> keys_on(std::span<const KeyHolder> tokens, const std::string& prefix);
/// Those of the month on each token.
std::vector<HeldKeys> keys_of_month(std::span<const TokenKeys> keys, KeyPeriod period);
DestroyedKeys destroy_keys(const HeldKeys& held, env::KekCustody& keys);

/// By whichever token gives it. Errors: of one that may give it later, else that it is gone.
Result<env::SecretBytes> unwrap_by_any(const env::Filesystem& files,
                                       std::span<const KeyHolder> tokens,
                                       const store::SegmentHeader& header);

/// Writes the segment's remains, as long as its key can be had: of what lies there already nobody knows
/// whether it is true. Behind the key's end, and only when that is certain, it is all there is: then remains of
/// an earlier version, or of another disposal, become ones of this. Either way they are proved (remains_proof.h).
/// Where the file is gone they are only looked at.
/// Errors: kCorrupt  the segment is damaged or not sealed, or its remains are false.  kFull, kIo, and what
///         `unwrap` gives: also that a token is away, whatever lies there.  kBusy  `goes_on` said no.
Result<void> keep_remains(env::Filesystem& files, const store::SegmentHeader& header,
                          const DisposedOf& by, const TreeOfRemains& tree,
                          const UnwrapDataKey& unwrap, const std::function<bool()>& goes_on);

/// The headers of a store's segments. `all` as store::all_segments gives them.
using Headers = std::span<const store::SegmentHeader>;
/// Whether the segments of these months, which are over, hold these records alone: with a month's keys
/// everything goes that lies under them.
/// Errors: kInvalid  they do not, as in a store that an early version restored.
Result<void> check_segments_of(Headers all, std::span<const rules::MonthRange> months);

/// Writes the remains of all segments of the month, and returns these. Holds the lock of the month keys
/// meanwhile; afterwards no key is made for the month.
/// Errors: kWorm  the month's key is being rotated.  kInvalid  as check_segments_of, or a segment was locked
///         up under a key of another prefix.  kBusy  `goes_on` said no.  As keep_remains.
Result<std::vector<store::SegmentHeader>> keep_month(
    env::Filesystem& files, Headers all, const rules::MonthRange& month, const std::string& prefix,
    std::span<const KeyHolder> tokens, const DisposedOf& by, const TreeOfRemains& tree,
    const std::function<bool()>& goes_on);

/// The same where no key is left: which segments hold records of other months does not matter to the keys. Their
/// files stay all the same.
/// Errors: kBusy  `goes_on` said no.  As keep_remains.
Result<std::vector<store::SegmentHeader>> keep_rest(env::Filesystem& files, Headers all,
                                                    std::uint32_t month,
                                                    std::span<const KeyHolder> tokens,
                                                    const DisposedOf& by, const TreeOfRemains& tree,
                                                    const std::function<bool()>& goes_on);
/// The months of the segments that have their file. One whose header is damaged does not count.
/// Errors: kIo.
Result<std::set<std::uint32_t>> months_with_files(const env::Filesystem& files);
/// Proves the remains of each of these segments that has its file once more, as they lie there.
/// Errors: kCorrupt  some are not what they should be.  kIo.  kBusy  `goes_on` said no.
Result<void> prove_where_a_file_is(const env::Filesystem& files,
                                   const std::vector<store::SegmentHeader>& segments,
                                   const DisposedOf& by, const TreeOfRemains& tree,
                                   const std::function<bool()>& goes_on);
/// Removes the files of these segments, durable at return, where their remains are proved once more.
/// Returns how many went; one that is gone already does not count.
/// Errors: kCorrupt  remains are not what they should be: their file stays.  kIo  a file could not be
///         removed. The first of them; all others were tried.  kBusy  `goes_on` said no.
/// What went is durably gone also then, and what a try before removed and could not make durable.
Result<std::uint64_t> remove_files(env::Filesystem& files,
                                   const std::vector<store::SegmentHeader>& segments,
                                   const DisposedOf& by, const TreeOfRemains& tree,
                                   const std::function<bool()>& goes_on);

}  // namespace varve::upkeep
