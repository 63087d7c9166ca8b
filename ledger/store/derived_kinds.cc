// Appends and leaf lookups: the rows of the list.
#include "ledger/store/derived_kinds.h"

#include "ledger/store/leaf_lookups.h"

namespace varve::store {
namespace {

using Kept = std::unique_ptr<DerivedFile>;

Kept keep_appends(const DerivedContext& context) {
  return std::make_unique<AppendFiles>(context.files, context.hashes, context.ask_for_key,
                                       context.reserve_bytes);
}

Kept keep_lookups(const DerivedContext& context) {
  return std::make_unique<LeafLookups>(context.files, context.hashes, context.reserve_bytes);
}

using Keep = Kept (*)(const DerivedContext& context);
constexpr std::array<Keep, kDerivedKinds> kKeep{keep_appends, keep_lookups};

}  // namespace

std::vector<std::unique_ptr<DerivedFile>> keep_derived_files(const DerivedContext& context) {
  std::vector<Kept> all;
  for (const Keep keep : kKeep) all.push_back(keep(context));
  return all;
}

}  // namespace varve::store
