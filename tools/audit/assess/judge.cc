// A refusal counts when it is the one that was expected; whatever else a program or a server says is no verdict.
#include "tools/audit/assess/judge.h"

#include <algorithm>

#include "tools/common/exit_code.h"

namespace varve::audit::assess {
namespace {

bool is_expected(const Expected& expected, const Answered& answered) {
  if (std::ranges::count(expected.codes, answered.code) == 0) return false;
  return expected.says.empty() || std::ranges::any_of(expected.says, [&](const std::string& words) {
           return answered.text.find(words) != std::string::npos;
         });
}

bool is_success(const Answered& answered) {
  if (answered.by_server) return answered.code >= 200 && answered.code < 300;
  return answered.code == tools::kExitOk || answered.code == tools::kExitGone;
}

/// No answer of the thing that was asked: it is busy, its disk or its token is away, it is another version, a
/// signal ended it.
bool is_no_answer(const Answered& answered) {
  if (answered.by_server) return answered.code >= 500 || answered.code == 429;
  return answered.code == tools::kExitUsage || answered.code == tools::exit_code(Code::kIo) ||
         answered.code == tools::exit_code(Code::kBusy) || answered.code > 128;
}

}  // namespace

std::string cut(std::string text) {
  if (text.size() <= kAnswerMax) return text;
  text.resize(kAnswerMax);
  return text + "\n(cut here)";
}

Judgement judge(const Expected& expected, const Answered& answered) {
  if (is_expected(expected, answered)) return {Verdict::kHeld, ""};
  if (is_no_answer(answered))
    return {Verdict::kNotTried, "there was no verdict: the answer says that something is amiss"};
  if (expected.wanted == Wanted::kDone)
    return {Verdict::kDidNotHold, "it is lawful, and it was refused"};
  if (!is_success(answered))
    return {Verdict::kNotTried, "it was refused for another reason than the one that it is about"};
  if (expected.wanted == Wanted::kNamed) return {Verdict::kDidNotHold, "nothing named it"};
  return {Verdict::kDidNotHold, "it was not refused"};
}

Counts count(const std::vector<Outcome>& outcomes) {
  const auto of = [&](Verdict verdict) {
    return static_cast<std::size_t>(std::ranges::count(outcomes, verdict, &Outcome::verdict));
  };
  return {of(Verdict::kHeld), of(Verdict::kDidNotHold), of(Verdict::kNotTried)};
}

int exit_of(const Counts& counts) {
  if (counts.did_not_hold != 0) return tools::kExitDidNotHold;
  if (counts.not_tried != 0 || counts.held == 0) return tools::kExitNotTried;
  return tools::kExitOk;
}

}  // namespace varve::audit::assess
