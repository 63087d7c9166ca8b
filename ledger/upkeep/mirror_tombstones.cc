// Possible, and disposed of by the log; else unreadable, and named.
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

Result<void> MirrorTombstones::finish(const rules::Retention& log) {
  RETURN_IF_ERROR(may_be(tombstones_.finish()));
  months_ = tombstones_.months();
  rules::judge(months_, log);
  RETURN_IF_ERROR(check_named(log.key_period(0).minutes));
  std::string unnamed;
  for (const auto& [month, destroyed] : months_) {
    if (destroyed.disposal) continue;  // whatever a token still has: the server destroys it
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
      "the mirror has tombstones in place of events that no record of the log disposes of. For "
      "each "
      "month whose key was destroyed on purpose, say so:" +
      unnamed + kNothingWritten);
}

Result<void> MirrorTombstones::check_named(std::uint16_t key_minutes) const {
  for (const std::string& name : disposals_.named)
    if (auto period = parse_key_period(name, key_minutes); !period)
      return std::move(period).error().during("reading --destroyed " + name + kNothingWritten);
  return {};
}

std::map<std::string, std::uint64_t> MirrorTombstones::by_month() const {
  std::map<std::string, std::uint64_t> events;
  for (const std::string& month : disposals_.named) events[month] = 0;
  for (const auto& [month, destroyed] : months_) events[key_period_text(month)] = destroyed.records;
  return events;
}

}  // namespace varve::upkeep
