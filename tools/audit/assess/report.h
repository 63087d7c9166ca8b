// The report of a run, for people and for programs: two renderings of the same outcomes.
#pragma once

#include <string>
#include <vector>

#include "tools/audit/assess/attempt.h"

namespace varve::audit::assess {

struct ReportGroup {
  std::string heading;
  std::vector<Outcome> outcomes;
};

struct Report {
  std::string origin;
  std::string mode;   // "draft"
  std::string began;  // times, UTC
  std::string ended;
  std::string version;  // of this program
  std::vector<ReportGroup> groups;

  [[nodiscard]] std::vector<Outcome> all() const;
};

std::string_view verdict_text(Verdict verdict);  // "held", "did not hold", "not tried"
std::string_view wanted_text(Wanted wanted);     // "refused", "named", "done"

/// What others said is quoted, and cannot end its quotation or move a cursor.
std::string markdown(const Report& report);
std::string json(const Report& report);

}  // namespace varve::audit::assess
