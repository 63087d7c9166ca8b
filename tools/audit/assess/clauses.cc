// One row for each clause.
#include "tools/audit/assess/clauses.h"

#include <array>

#include "ledger/base/check.h"

namespace varve::audit::assess {
namespace {

struct Row {
  Clause clause;
  std::string_view citation;
  std::string_view subject;
};

constexpr std::array<Row, kClauses> kRows{{
    {Clause::kAuditControls, "45 CFR 164.312(b)",
     "mechanisms that record and examine activity in systems with health information"},
    {Clause::kSixYears, "45 CFR 164.316(b)(2)(i)",
     "required documentation is kept for six years from when it was made, or last was in effect, "
     "whichever is later; "
     "whether an audit log is such documentation is for the organisation to say"},
    {Clause::kAuditTrail, "17 CFR 240.17a-4(f)(2)(i)",
     "records are kept for their period with a complete time-stamped audit trail, or in a form "
     "that "
     "can be neither rewritten nor erased"},
    {Clause::kStoringIsVerified, "17 CFR 240.17a-4(f)(2)(ii)",
     "completeness and accuracy of storing and retaining are verified automatically"},
    {Clause::kDiscernAltered, "21 CFR 11.10(a)",
     "systems are validated, also that invalid or altered records can be discerned"},
    {Clause::kRetrievable, "21 CFR 11.10(c)",
     "records are protected, so that they can be retrieved throughout their retention"},
    {Clause::kLimitedAccess, "21 CFR 11.10(d)", "access is limited to authorized individuals"},
    {Clause::kTimeStampedTrail, "21 CFR 11.10(e)",
     "audit trails are secure, made by the computer and time-stamped, obscure nothing, and are "
     "kept "
     "as long as the records"},
    {Clause::kAuthorityChecks, "21 CFR 11.10(g)",
     "authority checks: who may use the system, sign, or alter a record"},
    {Clause::kLogsAreProtected, "(EU) 2024/2690, annex, 3.2",
     "monitoring and logging: logs are kept for a set period and protected from unauthorised "
     "access and changes; whether it binds the organisation is for it to say"},
}};

const Row& row_of(Clause clause) {
  const Row& row = kRows.at(static_cast<std::size_t>(clause));
  CHECK(row.clause == clause);
  return row;
}

}  // namespace

std::string_view citation(Clause clause) {
  return row_of(clause).citation;
}

std::string_view subject(Clause clause) {
  return row_of(clause).subject;
}

}  // namespace varve::audit::assess
