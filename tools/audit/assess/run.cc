// One after the other: what is tried later needs what was tried before.
#include "tools/audit/assess/run.h"

#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/judge.h"

namespace varve::audit::assess {
namespace {

Outcome attempt(Site& site, const Attempt& tried) {
  Outcome outcome{std::string(tried.name),
                  tried.what,
                  tried.clauses,
                  tried.expected.wanted,
                  Verdict::kNotTried,
                  {},
                  ""};
  auto answered = tried.act(site);
  if (!answered) {
    outcome.why = std::move(answered).error().message;
    return outcome;
  }
  Judgement judgement = judge(tried.expected, *answered);
  outcome.verdict = judgement.verdict;
  outcome.why = std::move(judgement.why);
  outcome.answered = std::move(*answered);
  return outcome;
}

}  // namespace

std::vector<Group> all_groups() {
  return {access_group(), change_group(), law_group(),   machine_group(),
          clock_group(),  life_group(),   store_group(), auditor_group()};
}

std::vector<ReportGroup> try_all(Site& site, const std::vector<Group>& groups,
                                 const std::function<void(const Outcome&)>& show) {
  std::vector<ReportGroup> done;
  for (const Group& group : groups) {
    done.push_back({group.heading, {}});
    for (const Attempt& each : group.attempts) {
      done.back().outcomes.push_back(attempt(site, each));
      show(done.back().outcomes.back());
    }
  }
  return done;
}

}  // namespace varve::audit::assess
