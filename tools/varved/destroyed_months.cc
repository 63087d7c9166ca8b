// Each by itself, so that an error names the one that is wrong.
#include "tools/varved/destroyed_months.h"

#include "ledger/base/month.h"

namespace varve::tools {

Result<std::set<std::uint32_t>> destroyed_months(const std::vector<std::string>& texts) {
  std::set<std::uint32_t> months;
  for (const std::string& text : texts) {
    auto month = parse_month(text);
    if (!month) return std::move(month).error().during("reading --destroyed " + text);
    months.insert(*month);
  }
  return months;
}

}  // namespace varve::tools
