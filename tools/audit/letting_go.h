// Which months a run of `mirror` lets go: those that the mirror's own judgement agrees to, and those
// that its owner names.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tools/audit/forgetting.h"
#include "tools/audit/observing.h"

namespace varve::audit {

/// What the mirror's owner says.
struct Decision {
  std::set<std::uint32_t> months{};
  std::string who{};
};
/// --forget and --decided-by. Errors: kInvalid.
Result<Decision> decision_of(const Request& request);

/// Has `forgetting` prepare all of them. Errors: as Observing::may_decide and Forgetting::find.
Result<void> find_months(const std::vector<JudgedMonth>& judged, const Decision& decision,
                         const Observing& observing, Forgetting& forgetting);
/// Notes what was prepared, and why it goes. Before it does.
void note_forgotten(const rules::DestroyedMonths& forgotten, const std::vector<JudgedMonth>& judged,
                    const Decision& decision, std::uint64_t now_us, Observing& observing);
/// What the run says of the months that were judged; `forgotten` are those of which events went.
void add_months(const std::vector<JudgedMonth>& judged, const rules::DestroyedMonths& forgotten,
                Answer& answer);

}  // namespace varve::audit
