// Own judgement first; a decision is about what it cannot know.
#include "tools/audit/letting_go.h"

#include <algorithm>
#include <map>
#include <optional>

#include "ledger/base/month.h"

namespace varve::audit {
namespace {

const JudgedMonth* judged_month(const std::vector<JudgedMonth>& judged, std::uint32_t month) {
  const auto at = std::ranges::find_if(
      judged, [month](const JudgedMonth& each) { return each.range.month == month; });
  return at == judged.end() ? nullptr : &*at;
}

}  // namespace

Result<Decision> decision_of(const Request& request) {
  Decision decision;
  for (const std::string& text : request.forget_months) {
    auto month = parse_month(text);
    if (!month) return std::move(month).error().during("reading --forget " + text);
    decision.months.insert(*month);
  }
  if (decision.months.empty()) return decision;
  auto named = format::check_decided_by(request.decided_by);
  if (!named) return std::move(named).error().during("reading --decided-by");
  decision.who = request.decided_by;
  return decision;
}

Result<void> find_months(const std::vector<JudgedMonth>& judged, const Decision& decision,
                         const Observing& observing, Forgetting& forgetting) {
  std::map<std::uint32_t, std::optional<format::MonthRange>> decided;
  for (const std::uint32_t month : decision.months) {
    ASSIGN_OR_RETURN(decided[month], observing.may_decide(month));
  }
  for (const JudgedMonth& month : judged)
    if (!forgetting.lie() && (month.doubts.empty() || decided.contains(month.range.month)))
      RETURN_IF_ERROR(forgetting.find_in(month.range));
  for (const auto& [month, range] : decided) {
    if (forgetting.lie() || judged_month(judged, month) != nullptr) continue;
    if (observing.is_without(month)) continue;
    RETURN_IF_ERROR(range ? forgetting.find_in(*range) : forgetting.find(month));
  }
  return {};
}

void note_forgotten(const rules::DestroyedMonths& forgotten, const std::vector<JudgedMonth>& judged,
                    const Decision& decision, std::uint64_t now_us, Observing& observing) {
  for (const auto& [month, gone] : forgotten) {
    const JudgedMonth* const own = judged_month(judged, month);
    if (own != nullptr && own->doubts.empty())
      observing.note({now_us, month, gone.records, own->disposal, {}});
    else
      observing.note({now_us, month, gone.records, std::nullopt, decision.who});
  }
}

void add_months(const std::vector<JudgedMonth>& judged, const rules::DestroyedMonths& forgotten,
                Answer& answer) {
  std::vector<JudgedMonth> kept;
  for (const JudgedMonth& month : judged) {
    if (forgotten.contains(month.range.month)) continue;
    if (month.doubts.empty())
      answer.line.append("\n" + month.name +
                         " goes from this mirror once the server has done so: "
                         "it has no tombstones of it yet");
    else
      kept.push_back(month);
  }
  add_kept_months(kept, answer);
}

}  // namespace varve::audit
