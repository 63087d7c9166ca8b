// The audits of appends and leaf lookups: the rows of the list.
#include "ledger/upkeep/derived_checks.h"

#include <array>

#include "ledger/store/derived_kinds.h"
#include "ledger/upkeep/audit_appends.h"
#include "ledger/upkeep/audit_derived.h"

namespace varve::upkeep {
namespace {

using Check = std::unique_ptr<DerivedCheck>;

template <class Kind>
Check checked_by(const CheckContext& context) {
  return std::make_unique<Kind>(context);
}

using MakeCheck = Check (*)(const CheckContext& context);
constexpr std::array kChecks{MakeCheck{checked_by<AppendCheck>},
                             MakeCheck{checked_by<LookupCheck>}};
static_assert(kChecks.size() == store::kDerivedKinds, "each kind of derived file has its audit");

}  // namespace

std::vector<std::unique_ptr<DerivedCheck>> derived_checks(const CheckContext& context) {
  std::vector<Check> all;
  for (const MakeCheck make : kChecks) all.push_back(make(context));
  return all;
}

}  // namespace varve::upkeep
