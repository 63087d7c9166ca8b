// What a server answers about one record or two trees, verified before any of it is used.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/key_timeline.h"

namespace varve::verify {

struct ProvenLeaf {
  LeafIndex index;
  Hash leaf;
  format::SignedCheckpoint in;
};

/// What the caller asked for: the answer must be about that and nothing else.
struct LeafQuestion {
  std::optional<LeafIndex> index;
  std::optional<Hash> leaf;
};

/// The answer of GET proof/inclusion.
/// Errors: kInvalid  malformed.  kCorrupt  it does not verify, or answers another question.
Result<ProvenLeaf> open_inclusion(std::string_view json, const LeafQuestion& asked,
                                  const rules::KeyTimeline& keys);

/// A record that is in the log, whole.
struct ProvenRecord {
  ProvenLeaf leaf;
  Buffer record;
  std::string source_name = {};  // whose hash the record has; empty: the answer does not say it
};

/// The answer of GET events/N: the record, its proof, and that what was said beside it is what
/// the record says. Errors: as open_inclusion.
Result<ProvenRecord> open_event(std::string_view json, LeafIndex asked,
                                const rules::KeyTimeline& keys);

/// The answer of GET proof/consistency from `older` to `newer`, both verified already.
/// Errors: kInvalid  malformed.  kCorrupt  one does not begin with the other.
Result<void> open_consistency(std::string_view json, const format::Checkpoint& older,
                              const format::Checkpoint& newer);

}  // namespace varve::verify
