// Appends and leaf lookups: the rows of the list.
#include "ledger/log/derived_kinds.h"

#include <array>

#include "ledger/log/audit_appends.h"
#include "ledger/log/audit_derived.h"
#include "ledger/store/leaf_lookups.h"

namespace varve::log {
namespace {

std::unique_ptr<store::DerivedFile> keep_appends(const DerivedContext& context) {
  return std::make_unique<store::AppendFiles>(context.files, context.hashes, context.ask_for_key,
                                              context.reserve_bytes);
}

std::unique_ptr<store::DerivedFile> keep_lookups(const DerivedContext& context) {
  return std::make_unique<store::LeafLookups>(context.files, context.hashes, context.reserve_bytes);
}

template <class Check>
std::unique_ptr<DerivedCheck> checked_by(const CheckContext& context) {
  return std::make_unique<Check>(context);
}

constexpr std::array<DerivedKind, 2> kDerivedKinds{{
    {keep_appends, checked_by<AppendCheck>},
    {keep_lookups, checked_by<LookupCheck>},
}};

}  // namespace

std::span<const DerivedKind> derived_kinds() {
  return kDerivedKinds;
}

}  // namespace varve::log
