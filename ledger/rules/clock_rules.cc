// R1 to R9: what a clock record may say.
#include <algorithm>
#include <set>

#include "ledger/base/month.h"
#include "ledger/rules/retention_rules.h"
#include "ledger/rules/stamp.h"

namespace varve::rules {
namespace {

/// R1: clock records are numbered without a gap, so that none is left out or repeated.
Result<void> is_the_next_clock(const Retention& log, const ClockAct& act) {
  if (act.clock.number == log.clocks()) return {};
  return worm("the clock record is number " + std::to_string(act.clock.number) + ", the next is " +
              std::to_string(log.clocks()));
}

/// R2: what the log has run never gets less, and no number is beyond what the arithmetic carries.
Result<void> running_does_not_go_back(const Retention& log, const ClockAct& act) {
  const format::Clock& clock = act.clock;
  const std::uint64_t before = log.clocks() == 0 ? 0 : log.timeline().newest().running_us;
  if (clock.running_us < before || (log.clocks() == 0 && clock.running_us != 0))
    return worm("the log has run " + std::to_string(clock.running_us) + " us, and had run " +
                std::to_string(before));
  std::uint64_t largest = std::max({clock.running_us, clock.host_us, clock.reading_us});
  if (clock.evidence)
    largest = std::max({largest, clock.evidence->latest_us, clock.evidence->earliest_us});
  if (largest > format::kTimeMaxUs) return invalid("a time is past the year 9999");
  return {};
}

/// R3: the reading follows from the records before it, what the log ran, the host's clock and the
/// evidence: nobody sets it.
Result<void> reading_is_computed(const Retention& log, const ClockAct& act) {
  const format::Clock& clock = act.clock;
  const Timeline& time = log.timeline();
  const std::uint64_t reading =
      time.empty() ? Timeline::first_reading_us(clock.host_us, clock.earlier)
                   : time.next(clock.running_us, clock.host_us, clock.evidence).reading_us;
  if (reading == clock.reading_us && reading <= format::kTimeMaxUs) return {};
  return worm("the reading is " + std::to_string(clock.reading_us) + ", by the records it is " +
              std::to_string(reading));
}

/// R4: evidence takes as many different sources as the policy demands, each of them named there as
/// the type that it spoke as: a witness never speaks for an authority, which may be alone.
Result<void> enough_sources_speak(const Retention& log, const ClockAct& act) {
  if (!act.clock.evidence) return {};
  std::set<const NamedSource*> spoke;
  for (const Stamp& stamp : act.stamps) {
    const NamedSource* const source = log.find_source(stamp.source, stamp.type);
    if (source == nullptr) return invalid("evidence is by a source that the policy does not name");
    spoke.insert(source);
  }
  const std::size_t needed = std::max<std::size_t>(log.policy().quorum, 1);
  if (spoke.size() >= needed) return {};
  return invalid("evidence is by " + std::to_string(spoke.size()) + " source(s), it takes " +
                 std::to_string(needed));
}

/// R5: a source counts once it has been named for the waiting time, by what is known without this
/// evidence: whoever names a false one is seen before it speaks.
Result<void> sources_have_waited(const Retention& log, const ClockAct& act) {
  if (!act.clock.evidence) return {};
  const Timeline& time = log.timeline();
  if (time.empty()) return invalid("a log's first clock record has no evidence");
  const ClockPoint now = time.next(act.clock.running_us, act.clock.host_us, std::nullopt);
  for (const Stamp& stamp : act.stamps) {
    const NamedSource* const source = log.find_source(stamp.source, stamp.type);
    const std::uint64_t named = source == nullptr ? 0 : time.age_us(source->since, now);
    if (named < wait_us(log.policy())) return invalid("evidence is by a source just named");
  }
  return {};
}

/// R6: what was stamped is a tree of this log that ends before this record and holds a clock
/// record.
Result<void> evidence_is_of_this_log(const Retention& log, const ClockAct& act) {
  if (!act.clock.evidence) return {};
  for (const Stamp& stamp : act.stamps)
    if (!stamp.is_of_this_log || stamp.size > size_before(act.place.index) ||
        stamp.index >= act.place.index)
      return invalid("evidence is of another log, or of a tree that was not there");
  if (log.timeline().newest_in(act.clock.evidence->size) == nullptr)
    return invalid("evidence is of a tree without a clock record");
  return {};
}

/// R7: together the sources vouch for the least tree, the latest time at which it was there, and
/// the earliest time that has come: true as long as one of them is honest.
Result<void> evidence_is_what_was_stamped(const Retention&, const ClockAct& act) {
  if (!act.clock.evidence) return {};
  if (act.stamps.empty() || act.stamps.size() > format::kStampsMax)
    return invalid("evidence names other records than it is made of");
  for (const Stamp& stamp : act.stamps)
    if (stamp.accuracy_us > format::kAccuracyMaxUs || stamp.time_us > format::kTimeMaxUs)
      return invalid("a source's time is past the year 9999, or less accurate than a minute");
  if (*act.clock.evidence == evidence_of(act.stamps)) return {};
  return invalid("evidence is not what its sources said");
}

/// R8: a tree was not there before a time that had passed when it was made: then the log has
/// claimed to have run longer than it did, or a source is false, and a person has to look.
Result<void> evidence_does_not_contradict(const Retention& log, const ClockAct& act) {
  if (!act.clock.evidence) return {};
  const ClockPoint* const covered = log.timeline().newest_in(act.clock.evidence->size);
  if (covered == nullptr || act.clock.evidence->latest_us >= covered->earliest_us) return {};
  return worm("evidence says that the tree of " + std::to_string(act.clock.evidence->size.value) +
              " records was there before its newest clock record can have been");
}

/// R9: months before the first clock are named by the first clock record, and only in a log that
/// had no policy: they ascend, the first begins at record 0.
Result<void> earlier_months_ascend(const Retention& log, const ClockAct& act) {
  const std::vector<format::EarlierMonth>& earlier = act.clock.earlier;
  if (earlier.empty()) return {};
  if (act.clock.number != 0 || log.policy_place() || earlier.size() > format::kEarlierMonthsMax)
    return invalid("earlier months are not named here");
  LeafIndex first{0};
  std::uint32_t month = 0;
  for (const format::EarlierMonth& next : earlier) {
    const bool begins = month == 0 ? next.first.value == 0 : next.first > first;
    if (!is_month(next.month) || next.month <= month || !begins || next.first >= act.place.index)
      return invalid("earlier months are not in order");
    first = next.first;
    month = next.month;
  }
  return {};
}

constexpr std::array<Rule<ClockAct>, 9> kRules{{{1, is_the_next_clock},
                                                {2, running_does_not_go_back},
                                                {9, earlier_months_ascend},
                                                {3, reading_is_computed},
                                                {4, enough_sources_speak},
                                                {5, sources_have_waited},
                                                {6, evidence_is_of_this_log},
                                                {7, evidence_is_what_was_stamped},
                                                {8, evidence_does_not_contradict}}};

}  // namespace

std::span<const Rule<ClockAct>> rules_for(const ClockAct&) {
  return kRules;
}

}  // namespace varve::rules
