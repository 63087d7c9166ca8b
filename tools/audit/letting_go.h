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
  std::vector<std::string> months{};  // as --forget names them: a month, the number of a key period
  std::string who{};
};
/// --forget and --decided-by. Errors: kInvalid.
Result<Decision> decision_of(const Request& request);
/// In a log of this mode, which says what the words mean. Errors: kInvalid.
Result<std::set<std::uint32_t>> decided_months(const Decision& decision, format::Mode mode);
/// Says which decisions were not carried out. Nothing when there are none.
void add_undone(const std::vector<std::string>& months, Answer& answer);

/// Has `forgetting` prepare all of them. Returns the months that were decided about and have events for
/// which the server has no tombstones by now. Errors: as Observing::may_decide and Forgetting::find.
Result<std::vector<std::string>> find_months(const std::vector<JudgedMonth>& judged,
                                             const Decision& decision, const Observing& observing,
                                             Forgetting& forgetting);
/// Notes what was prepared, and why it goes: for the observations that take their place with it.
void note_forgotten(const rules::DestroyedMonths& forgotten, const std::vector<JudgedMonth>& judged,
                    const Decision& decision, std::uint64_t now_us, Observing& observing);
/// What the run says of the months that were judged; `forgotten` are those of which events went.
void add_months(const std::vector<JudgedMonth>& judged, const rules::DestroyedMonths& forgotten,
                Answer& answer);

}  // namespace varve::audit
