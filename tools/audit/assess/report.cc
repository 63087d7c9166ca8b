// The words of verdicts, which both renderings use.
#include "tools/audit/assess/report.h"

#include "ledger/base/check.h"

namespace varve::audit::assess {

std::vector<Outcome> Report::all() const {
  std::vector<Outcome> outcomes;
  for (const ReportGroup& group : groups)
    outcomes.insert(outcomes.end(), group.outcomes.begin(), group.outcomes.end());
  return outcomes;
}

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHeld:
      return "held";
    case Verdict::kDidNotHold:
      return "did not hold";
    case Verdict::kNotTried:
      return "not tried";
  }
  check_failed("a verdict outside its enumeration", __FILE__, __LINE__);
}

std::string_view wanted_text(Wanted wanted) {
  switch (wanted) {
    case Wanted::kRefused:
      return "refused";
    case Wanted::kNamed:
      return "named";
    case Wanted::kDone:
      return "done";
  }
  check_failed("an outcome outside its enumeration", __FILE__, __LINE__);
}

}  // namespace varve::audit::assess
