// --policy: a checkpoint counts when enough witnesses have cosigned it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/witness_policy.h"
#include "ledger/rules/key_timeline.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// Who cosigned, for an answer. Both are empty where no policy was given.
struct CosignedBy {
  std::string text;  // "; cosigned by w1 at ..., w2 at ..."
  std::string json;  // an array
};

/// The policy of --policy; nothing: none was given. No witness in it has one of `keys`; null: none is known.
/// Errors: kInvalid  the policy, or a witness has a key of the log.  As tools::read_file.
Result<std::optional<format::WitnessPolicy>> read_policy(const Request& request,
                                                         const rules::KeyTimeline* keys);

/// `note`: a checkpoint that the log's keys were found to sign. `keys`: what is known of them; the key of the
/// policy's line `log` has to be one that they announce. Null: nothing but the first.
/// Errors: kNotFound  the policy's quorum has not cosigned it, or not within --max-age; says who has.
///         kCorrupt   a cosignature is false.
///         kInvalid   the policy, it names logs and this is none of them, or a witness has a key of the log.
///         As tools::read_file.
Result<CosignedBy> demand_cosigners(const Request& request, std::string_view note,
                                    const rules::KeyTimeline* keys);

}  // namespace varve::audit
