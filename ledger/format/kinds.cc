// Names of kinds.
#include "ledger/format/kinds.h"

namespace varve::format {

std::string kind_name(Kind kind) {
  const std::string_view name = row_of(kind).name;
  return name.empty() ? "kind-" + std::to_string(number_of(kind)) : std::string(name);
}

}  // namespace varve::format
