// What the programs that read a mirror, or an export, know of a change to it that was interrupted.
#pragma once

#include "ledger/env/filesystem.h"

namespace varve::tools {

/// In a mirror, while `varve-audit mirror` exchanges its bundles: some have tombstones
/// already and others still have the events. It lists the bundles in any order, and the next `mirror` goes on.
inline constexpr const char* kExchangeList = "forgetting/list";

/// Errors: kIo  an exchange was interrupted: what is there contradicts itself.
Result<void> expect_no_exchange(const env::Filesystem& mirror);

}  // namespace varve::tools
