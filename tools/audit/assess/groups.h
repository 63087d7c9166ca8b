// The attempts, in the order in which they are made. Each group is a file of its own.
#pragma once

#include "tools/audit/assess/attempt.h"

namespace varve::audit::assess {

/// Reading what one may not, with each credential that is too little.
Group access_group();
/// Changing and deleting, by the verbs of each protocol.
Group change_group();
/// What the law of the log refuses at any time: shorter, early, replayed, of another log.
Group law_group();
/// What programs on the server's machine must refuse: a second server, a key that leaves the token.
Group machine_group();
/// A server of its own whose clock is ten years ahead.
Group clock_group();
/// A month's whole life, from its first event to what remains of it, and what must be refused on the way.
Group life_group();
/// Files of a copy of the store that are altered: the audit has to name each.
Group store_group();
/// Whether the log's own records say who was refused. They go with their month, so this stands in the life of one.
Attempt who_was_refused_attempt();
/// What an auditor says afterwards.
Group auditor_group();

}  // namespace varve::audit::assess
