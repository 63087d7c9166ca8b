// Own judgement first; a decision is about what it cannot know.
#include "tools/audit/letting_go.h"

#include <algorithm>
#include <map>

#include "tools/audit/answer_json.h"

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
    const auto month = format::parse_key_period(text, format::Mode::kLocked);
    if (!month && !format::parse_key_period(text, format::Mode::kDraft))
      return Error(month.error()).during("reading --forget " + text);
    decision.months.push_back(text);
  }
  if (decision.months.empty()) return decision;
  auto named = format::check_decided_by(request.decided_by);
  if (!named) return std::move(named).error().during("reading --decided-by");
  decision.who = request.decided_by;
  return decision;
}

Result<std::set<std::uint32_t>> decided_months(const Decision& decision, format::Mode mode) {
  std::set<std::uint32_t> months;
  for (const std::string& text : decision.months) {
    auto month = format::parse_key_period(text, mode);
    if (!month) return std::move(month).error().during("reading --forget " + text);
    months.insert(*month);
  }
  return months;
}

void add_undone(const std::vector<std::string>& months, Answer& answer) {
  for (const std::string& month : months)
    answer.line.append(
        "\nthe decision about " + month +
        " is not carried out: the server has no tombstones of it yet, or not of all. "
        "Repeat it when "
        "the log's operator says that the month is destroyed");
  if (months.empty()) return;
  answer.json.insert(answer.json.size() - 1,
                     ",\"undone\":" + list_json(months, [](const auto& month) {
                       return format::json_quoted(month);
                     }));
}

Result<std::vector<std::string>> find_months(const std::vector<JudgedMonth>& judged,
                                             const Decision& decision, const Observing& observing,
                                             Forgetting& forgetting) {
  std::map<std::uint32_t, format::MonthRange> decided;
  ASSIGN_OR_RETURN(const auto months, decided_months(decision, observing.mode()));
  for (const std::uint32_t month : months) {
    ASSIGN_OR_RETURN(decided[month], observing.may_decide(month));
  }
  for (const JudgedMonth& month : judged)
    if (!forgetting.lie() && month.may_go() && !decided.contains(month.range.month))
      RETURN_IF_ERROR(forgetting.find_in(month.range));
  std::vector<std::string> undone;
  for (const auto& [month, range] : decided) {
    if (forgetting.lie() || observing.is_without(month)) continue;
    if (!observing.knows_months()) {
      RETURN_IF_ERROR(forgetting.find(range));
      continue;
    }
    ASSIGN_OR_RETURN(const bool some_stay, forgetting.find_in(range));
    if (some_stay) undone.push_back(format::key_period_text(month, observing.mode()));
  }
  return undone;
}

void note_forgotten(const rules::DestroyedMonths& forgotten, const std::vector<JudgedMonth>& judged,
                    const Decision& decision, std::uint64_t now_us, Observing& observing) {
  for (const auto& [month, gone] : forgotten) {
    const JudgedMonth* const own = judged_month(judged, month.number);
    if (own != nullptr && own->may_go())
      observing.note({now_us, month.number, gone.records, own->disposal, {}});
    else
      observing.note({now_us, month.number, gone.records, std::nullopt, decision.who});
  }
}

void add_months(const std::vector<JudgedMonth>& judged, const rules::DestroyedMonths& forgotten,
                Answer& answer) {
  std::vector<JudgedMonth> here;
  for (const JudgedMonth& month : judged)
    if (rules::find_destroyed(forgotten, month.range.month) == nullptr) here.push_back(month);
  add_judged(here, answer);
}

}  // namespace varve::audit
