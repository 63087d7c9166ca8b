// The clauses that attempts speak to. That an attempt speaks to a clause says no more than that: whether an
// organisation complies is for its assessor to judge.
#pragma once

#include <string_view>

namespace varve::audit::assess {

enum class Clause {
  kAuditControls,      // 45 CFR 164.312(b)
  kSixYears,           // 45 CFR 164.316(b)(2)(i)
  kAuditTrail,         // 17 CFR 240.17a-4(f)(2)(i)
  kStoringIsVerified,  // 17 CFR 240.17a-4(f)(2)(ii)
  kDiscernAltered,     // 21 CFR 11.10(a)
  kRetrievable,        // 21 CFR 11.10(c)
  kLimitedAccess,      // 21 CFR 11.10(d)
  kTimeStampedTrail,   // 21 CFR 11.10(e)
  kAuthorityChecks,    // 21 CFR 11.10(g)
  kLogsAreProtected,   // (EU) 2024/2690, annex, 3.2
};
inline constexpr int kClauses = 10;

std::string_view citation(Clause clause);
/// What it is about, in our words.
std::string_view subject(Clause clause);

}  // namespace varve::audit::assess
