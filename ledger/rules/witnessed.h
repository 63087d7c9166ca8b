// The `witnessed` record (kind 64): a checkpoint of this log with the cosignatures of its witnesses, verbatim, so that
// whoever reads the log sees that others remember it. docs/format/control.md, "Witnessed checkpoints"
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/retention.h"
#include "ledger/rules/stamp.h"

namespace varve::rules {

inline constexpr std::size_t kWitnessedMax = 32'768;  // bytes of a payload: 48 witnesses find room

/// The witnessed checkpoints in a log.
struct WitnessedSeen {
  std::uint64_t count = 0;  // records
  LeafIndex newest;         // the last one's record, where count is not 0
  bool operator==(const WitnessedSeen&) const = default;
};

/// The keys that were to sign the checkpoint of a tree of that size, revoked ones too.
using SignersOf = std::function<std::vector<format::VerifierKey>(TreeSize size)>;

/// Whether it may come next, as record `at`; `keys` and `retention` are the log's in front of it. It is a checkpoint of
/// this log, signed by a key that signed at its size, with a signature of somebody else; its tree has the witnessed
/// record before it, and no record that is not in front of it; and since the clock record in front of that one another
/// day (in a draft log a minute) of the compliance clock has begun. That its root is the log's is decided where the
/// tree is; whose the other signatures are, by whoever has a policy.
/// Errors: kInvalid  which of these does not hold.  kOutOfOrder  it has to be newer, or another day to begin.
Result<StatedTree> judge_witnessed(const WitnessedSeen& last, std::string_view payload,
                                   const KeyHistory& keys, const SignersOf& signers,
                                   const Retention& retention, LeafIndex at);

/// Of these, what is about its place alone: whether one is due. Errors: as judge_witnessed.
Result<void> may_stand_at(const WitnessedSeen& last, const format::Checkpoint& tree,
                          const Retention& retention, LeafIndex at);

/// Of what was saved. Errors: kCorrupt  no clock record is in front of the newest: these are not of one log.
Result<void> check_witnessed(const WitnessedSeen& seen, const Retention& retention);

/// The tree that such a record names. Errors: kInvalid  it is no such record.
Result<StatedTree> witnessed_tree(std::string_view payload, LeafIndex at);

}  // namespace varve::rules
