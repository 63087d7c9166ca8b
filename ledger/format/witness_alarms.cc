// A title, and a line for each alarm.
#include "ledger/format/witness_alarms.h"

#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kAlarmsTitle = "varve witness alarms v1";

/// Up to the next space, which is taken too.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

Result<WitnessAlarm> parse_alarm(std::string_view line) {
  if (take_word(line) != "alarm") return invalid("it is not `alarm <vkey> <seconds> <what>`");
  WitnessAlarm alarm;
  ASSIGN_OR_RETURN(alarm.key, parse_cosigner_vkey(take_word(line)));
  ASSIGN_OR_RETURN(alarm.time_s, decode_decimal(take_word(line)));
  if (line.empty()) return invalid("it does not say what the witness said");
  alarm.what = line;
  return alarm;
}

}  // namespace

std::string alarms_text(const std::vector<WitnessAlarm>& alarms) {
  std::string text = std::string(kAlarmsTitle) + "\n";
  for (const WitnessAlarm& alarm : alarms)
    text.append("alarm " + format_cosigner_vkey(alarm.key) + " " + std::to_string(alarm.time_s) +
                " " + visible(alarm.what) + "\n");
  return text;
}

Result<std::vector<WitnessAlarm>> parse_alarms(std::string_view text) {
  if (take_line(text) != kAlarmsTitle)
    return invalid("its first line is not " + std::string(kAlarmsTitle));
  std::vector<WitnessAlarm> alarms;
  while (!text.empty()) {
    const auto line = take_line(text);
    auto alarm = line ? parse_alarm(*line) : invalid("the last line has no newline");
    if (!alarm)
      return invalid("line " + std::to_string(alarms.size() + 2) + ": " + alarm.error().message);
    alarms.push_back(std::move(*alarm));
  }
  return alarms;
}

}  // namespace varve::format
