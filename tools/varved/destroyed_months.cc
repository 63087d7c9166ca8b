// Each by itself, so that an error names the one that is wrong.
#include "tools/varved/destroyed_months.h"

#include "ledger/base/key_period.h"

namespace varve::tools {

Result<std::set<std::string>> destroyed_months(const std::vector<std::string>& texts) {
  std::set<std::string> months;
  for (const std::string& text : texts) {
    auto month = parse_key_period(text, 0);
    if (!month && !parse_key_period(text, 1))  // the shortest ones have the largest numbers
      return std::move(month).error().during("reading --destroyed " + text);
    months.insert(text);
  }
  return months;
}

}  // namespace varve::tools
