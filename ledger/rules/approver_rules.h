// Approvals are somebody else's: no approver shares a key with another one or with the log. Judged
// when a key event is admitted or made, and said of a log in which it was not: what is in a log
// already is read by whoever opens it, or its records would be lost with the rule.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/control.h"
#include "ledger/rules/key_history.h"

namespace varve::rules {

/// Whether no two keys of an event that names approvers are one. Errors: kInvalid  says which.
Result<void> approvers_are_others(const format::KeyEvent& event);

/// Whether the key event may come next in a log with these keys, as far as approvers are concerned.
/// Errors: kInvalid  it names approvers with a shared key, or lets an approver's key join.
Result<void> may_admit(const KeyHistory& keys, std::string_view note);

/// A sentence for each approver who shares a key with one before, or with the log.
std::vector<std::string> shared_keys(std::span<const format::VerifierKey> approvers,
                                     std::span<const format::VerifierKey> of_the_log);

}  // namespace varve::rules
