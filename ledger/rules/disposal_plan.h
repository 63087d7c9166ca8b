// Which months may be noticed or disposed of next, by the rules: for a server that disposes by itself,
// and for people who compose what approvers sign.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/rules/retention.h"

namespace varve::rules {

/// Under which the month may be disposed of, now or once it is old enough: of the policy in force, and no
/// hold came behind it that kept the month. Null: the month takes a new one.
const Notice* standing_notice(const Retention& log, const MonthRange& month);

/// The months that a notice may name now and that none names yet; at most kMonthsPerActMax.
std::vector<MonthRange> months_to_notice(const Retention& log);

/// What may be disposed of now but for approvals, and under which notice: one act for each notice, in
/// their order.
std::vector<DisposalAct> disposals_to_approve(const Retention& log);

/// The reading by which the month's disposal was judged. Requires that it was disposed of.
std::uint64_t disposed_us(const Retention& log, const Month& month);

}  // namespace varve::rules
