// Possible, unreadable, and named.
#include "ledger/upkeep/mirror_tombstones.h"

#include "ledger/base/key_period.h"

namespace varve::upkeep {
namespace {

constexpr const char* kNothingWritten = ". Nothing was written";

Result<void> may_be(const std::optional<rules::ImpossibleTombstone>& wrong) {
  if (!wrong) return {};
  return corrupt("the mirror's record " + std::to_string(wrong->index.value) +
                 " is a tombstone that cannot be true: " + wrong->why + kNothingWritten);
}

}  // namespace

Result<void> MirrorTombstones::take(LeafIndex index, Bytes entry) {
  return may_be(tombstones_.take(index, entry));
}

Result<void> MirrorTombstones::finish() const {
  RETURN_IF_ERROR(may_be(tombstones_.finish()));
  std::string unnamed;
  for (const auto& [month, destroyed] : tombstones_.months()) {
    const std::string events = std::to_string(destroyed.records) + " events";
    const std::string name = key_period_text(month);
    ASSIGN_OR_RETURN(const auto keys, disposals_.keys(month));
    if (!keys.empty())
      return corrupt("the mirror has tombstones in place of " + events + " of " + name +
                     ", and a token has that month's key " + keys.front() +
                     ": the events are not gone" + kNothingWritten);
    if (!disposals_.named.contains(name))
      unnamed.append(" --destroyed ").append(name).append(" (" + events + ")");
  }
  if (unnamed.empty()) return {};
  return invalid(
      "the mirror has tombstones in place of events. For each month whose key was "
      "destroyed on purpose, say so:" +
      unnamed + kNothingWritten);
}

std::map<std::string, std::uint64_t> MirrorTombstones::by_month() const {
  std::map<std::string, std::uint64_t> events;
  for (const std::string& month : disposals_.named) events[month] = 0;
  for (const auto& [month, destroyed] : tombstones_.months())
    events[key_period_text(month)] = destroyed.records;
  return events;
}

}  // namespace varve::upkeep
