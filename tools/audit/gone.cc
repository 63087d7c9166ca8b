// One line a month.
#include "tools/audit/gone.h"

#include "ledger/base/month.h"
#include "tools/audit/answer_json.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

void add_of_copy(const std::string& what, const rules::DestroyedMonths& months, Answer& answer) {
  if (months.empty()) return;
  answer.exit = tools::kExitGone;
  for (const auto& [month, destroyed] : months)
    answer.line.append("\n" + what + " here: ").append(rules::explain(month, destroyed));
  answer.json.insert(answer.json.size() - 1, ",\"" + what + "\":" + months_json(months));
}

}  // namespace

std::uint64_t events_gone(const rules::DestroyedMonths& months) {
  std::uint64_t events = 0;
  for (const auto& [month, destroyed] : months) events += destroyed.records;
  return events;
}

std::string verdict(const rules::DestroyedMonths& months) {
  const std::uint64_t gone = events_gone(months);
  return gone == 0 ? "intact" : "intact, but " + std::to_string(gone) + " events are gone";
}

std::string_view result_word(const rules::DestroyedMonths& months) {
  return events_gone(months) == 0 ? "intact" : "events gone";
}

std::string months_json(const rules::DestroyedMonths& months) {
  std::string list;
  for (const auto& [month, destroyed] : months) {
    if (!list.empty()) list.append(",");
    AnswerJson one;
    one.add("month", key_period_text(month));
    one.add("events", destroyed.records).add("destroyed", time_text(destroyed.destroyed_us));
    if (destroyed.disposal) one.add("disposal", destroyed.disposal->value);
    list.append(one.take());
  }
  return "[" + list + "]";
}

void add_gone(const rules::DestroyedMonths& months, Answer& answer) {
  if (months.empty()) return;
  answer.exit = tools::kExitGone;
  for (const auto& [month, destroyed] : months)
    answer.line.append("\n").append(rules::explain(month, destroyed));
}

void add_kept(const KeptEvents& kept, Answer& answer) {
  add_of_copy("kept", kept, answer);
}

void add_forgotten(const rules::DestroyedMonths& forgotten, Answer& answer) {
  add_of_copy("forgotten", forgotten, answer);
}

}  // namespace varve::audit
