// The rules of retention, one function each, numbered as in docs/format/retention.md: whether an
// act may be the next record of a log in a state. The server asks before it appends, an auditor
// asks of what was appended, a dry run asks of what might be: one law, and no second opinion.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "ledger/base/result.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

template <class Act>
struct Rule {
  int number;  // R1, R2, ...
  Result<void> (*holds)(const Retention& log, const Act& act);
};

// The law, an array for each kind of act. A rule may rely on those in front of it.
std::span<const Rule<ClockAct>> rules_for(const ClockAct& act);
std::span<const Rule<PolicyAct>> rules_for(const PolicyAct& act);
std::span<const Rule<HoldAct>> rules_for(const HoldAct& act);
std::span<const Rule<ReleaseAct>> rules_for(const ReleaseAct& act);
std::span<const Rule<NoticeAct>> rules_for(const NoticeAct& act);
std::span<const Rule<DisposalAct>> rules_for(const DisposalAct& act);
std::span<const Rule<DisposedAct>> rules_for(const DisposedAct& act);

/// A rule that is broken, and how.
struct Broken {
  int rule = 0;
  Error error;
};

/// The first of `rules` that the act breaks, or nothing: the act may be the log's next record.
template <class Act>
std::optional<Broken> first_broken(std::span<const Rule<Act>> rules, const Retention& log,
                                   const Act& act) {
  for (const Rule<Act>& rule : rules)
    if (auto verdict = rule.holds(log, act); !verdict)
      return Broken{rule.number, std::move(verdict).error()};
  return std::nullopt;
}

/// By the whole law. Errors: kInvalid, kWorm  "R23: the month 2026-11 ...".
template <class Act>
Result<void> judge(const Retention& log, const Act& act) {
  auto broken = first_broken(rules_for(act), log, act);
  if (!broken) return {};
  return Error{broken->error.code,
               "R" + std::to_string(broken->rule) + ": " + std::move(broken->error.message)};
}

/// Whether as many approvers as the log demands, and at least two, signed; each counts once, and
/// only when named for long enough (R16). Errors: kInvalid  says how many do.
Result<void> approved(const Retention& log, const Signers& signers);

}  // namespace varve::rules
