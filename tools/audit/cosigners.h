// --policy: a checkpoint counts when enough witnesses have cosigned it.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// Who cosigned, for an answer. Both are empty where no policy was given.
struct CosignedBy {
  std::string text;  // "; cosigned by w1 at ..., w2 at ..."
  std::string json;  // an array
};

/// `note`: a checkpoint that the log's keys were found to sign.
/// Errors: kNotFound  the policy's quorum has not cosigned it; says who has.  kCorrupt  a cosignature is false.
///         kInvalid  the policy, or it names logs and this is none of them.  As tools::read_file.
Result<CosignedBy> demand_cosigners(const Request& request, std::string_view note);

}  // namespace varve::audit
