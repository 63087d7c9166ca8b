// Columns: the holder comes last, because it is of any length.
#include "tools/common/grant_rows.h"

#include <array>

namespace varve::tools {
namespace {

using Columns = std::array<std::string_view, 5>;
constexpr std::array<std::size_t, 5> kWidths = {20, 11, 7, 20, 0};

std::string aligned(const Columns& columns) {
  std::string out = " ";
  for (std::size_t k = 0; k < columns.size(); ++k) {
    out.append(" ").append(columns[k]);
    if (columns[k].size() < kWidths[k]) out.append(kWidths[k] - columns[k].size(), ' ');
  }
  return out.append("\n");
}

}  // namespace

std::string grant_title() {
  return aligned({"SINCE", "BY", "ROLE", "FOR", "WHO"});
}

std::string grant_row(const format::Grant& grant, std::string_view since) {
  const std::string_view place = grant.source.empty() ? "the log" : std::string_view(grant.source);
  return aligned({since, grant.proof, grant.role, place, grant.who});
}

}  // namespace varve::tools
