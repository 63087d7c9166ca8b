// receipts upgrade: old receipts under a newer checkpoint, which witnesses have cosigned. docs/operating/collecting.md
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/witness_policy.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/log_source.h"
#include "tools/client/http.h"

namespace varve::collect {

/// A checkpoint of the log that was verified: a key of the log signed it, and a quorum of witnesses who are others.
struct WitnessedTree {
  format::Checkpoint tree;
  std::string note;
};

/// Errors: kCorrupt   a signature is false.
///         kNotFound  no quorum of the policy cosigned it, or nobody whom the policy's lines `log` name signed it; or
///                    the log's signature is by a key that is not known, or that was revoked for such a tree.
///         kInvalid   it is no checkpoint of the log, or a witness has a key of the log.
Result<WitnessedTree> open_witnessed(std::string note, const rules::KeyTimeline& keys,
                                     const format::WitnessPolicy& policy);

struct NotLifted {
  std::uint64_t batch = 0;
  Error why;  // kCorrupt, or kNotFound: of a key that is not known or was revoked
};

struct Upgraded {
  std::uint64_t lifted = 0;
  std::uint64_t before = 0;          // had been lifted already
  std::vector<std::uint64_t> newer;  // batches that are not in the witnessed tree yet
  std::vector<NotLifted>
      refused;  // what does not hold, or is of another history than witnesses saw
};

/// Lifts the receipts of `batches` in `files`: writes receipts/<batch>.witnessed.json, the same leaves in the tree of
/// `under`, beside the receipt, which stays. `log` gives tiles; none is believed. Where a receipt is of another history
/// than `under`, that note is kept as receipts/<batch>.witnessed.refused. A receipt by a key that was revoked since is
/// lifted as any: witnesses vouch for it now. The newest that was lifted before is compared with `under`, too. Durable
/// when it returns.
/// Errors: kIo    what the log gives as tiles does not lead to the witnessed root, or the disk.
///         kFull  the disk has no more left than is kept for the spool: what is lifted stays.  Others as `log`.
Result<Upgraded> upgrade_receipts(env::Filesystem& files, const verify::LogSource& log,
                                  const rules::KeyTimeline& keys,
                                  const format::WitnessPolicy& policy, const WitnessedTree& under,
                                  const std::vector<std::uint64_t>& batches);

/// The log of a collector, by its client. Neighbouring reads of one tile ask once.
std::unique_ptr<verify::LogSource> log_behind(client::HttpClient client);

}  // namespace varve::collect
