// What an answer means. Pure: it was made by somebody else, and nothing is asked here.
#pragma once

#include <vector>

#include "tools/audit/assess/attempt.h"

namespace varve::audit::assess {

struct Judgement {
  Verdict verdict = Verdict::kNotTried;
  std::string why;  // empty when it held
};

/// An answer that is neither what is expected nor a success did not reach what is tried: not tried.
/// What has to work and was refused did not hold.
Judgement judge(const Expected& expected, const Answered& answered);

struct Counts {
  std::size_t held = 0;
  std::size_t did_not_hold = 0;
  std::size_t not_tried = 0;
};
Counts count(const std::vector<Outcome>& outcomes);

/// 0, or an exit code of tools/common/exit_code.h. Nothing tried is not "held".
int exit_of(const Counts& counts);

}  // namespace varve::audit::assess
