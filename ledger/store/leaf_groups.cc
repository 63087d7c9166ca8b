// Carrying digits in base four.
#include "ledger/store/leaf_groups.h"

#include "ledger/base/check.h"

namespace varve::store {
namespace {

constexpr std::uint64_t kTogether = 4;

LeafGroup group_at(std::span<const LeafIndex> ends, std::uint64_t ordinal, std::uint64_t segments) {
  const LeafIndex first = ordinal == 0 ? LeafIndex{0} : ends[ordinal - 1];
  return {ordinal, segments, first, ends[ordinal + segments - 1].value - first.value};
}

}  // namespace

std::string leaf_group_name(const LeafGroup& group) {
  std::string name = std::to_string(group.ordinal);
  if (group.segments > 1)
    name.append("-").append(std::to_string(group.ordinal + group.segments - 1));
  return name;
}

std::vector<LeafGroup> leaf_groups(std::span<const LeafIndex> ends, std::uint64_t leaves_max) {
  std::vector<LeafGroup> groups;
  for (std::uint64_t ordinal = 0; ordinal < ends.size();) {
    std::uint64_t segments = 1;
    while (ordinal % (segments * kTogether) == 0 && ordinal + segments * kTogether <= ends.size() &&
           group_at(ends, ordinal, segments * kTogether).leaves <= leaves_max)
      segments *= kTogether;
    groups.push_back(group_at(ends, ordinal, segments));
    ordinal += segments;
  }
  return groups;
}

std::vector<LeafGroup> parts_of(const LeafGroup& group, std::span<const LeafIndex> ends) {
  CHECK(group.segments % kTogether == 0);
  const std::uint64_t each = group.segments / kTogether;
  std::vector<LeafGroup> parts;
  for (std::uint64_t k = 0; k < kTogether; ++k)
    parts.push_back(group_at(ends, group.ordinal + k * each, each));
  return parts;
}

}  // namespace varve::store
