// A log, and beside it what only a test can know: the true time of each of its records. The server
// here is honest and knows no true time: a steady clock that may be a little fast, a clock of its
// own that jumps, and what time sources say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "ledger/rules/retention_rules.h"

namespace varve::rules {

inline constexpr std::uint64_t kMinute = format::kMinuteUs;
inline constexpr std::uint64_t kDay = format::kDayUs;

/// A key, or a leaf hash, that a test can tell from others.
inline Hash hash_of(std::uint64_t number) {
  Hash hash;
  for (int k = 0; k < 8; ++k)
    hash.bytes[static_cast<std::size_t>(k)] = static_cast<std::byte>(number >> (8 * k));
  hash.bytes[31] = std::byte{1};
  return hash;
}

/// The rules without those of these numbers.
template <class Act>
std::vector<Rule<Act>> without(std::span<const Rule<Act>> rules, const std::set<int>& numbers) {
  std::vector<Rule<Act>> rest;
  for (const Rule<Act>& rule : rules)
    if (!numbers.contains(rule.number)) rest.push_back(rule);
  return rest;
}

/// What an honest server makes of these statements.
inline format::Evidence evidence_of(const std::vector<Stamp>& stamps) {
  format::Evidence evidence{stamps.front().size, 0, UINT64_MAX, {}};
  for (const Stamp& stamp : stamps) {
    evidence.size = std::min(evidence.size, stamp.size);
    evidence.latest_us = std::max(evidence.latest_us, stamp.time_us + stamp.accuracy_us);
    evidence.earliest_us = std::min(evidence.earliest_us, stamp.time_us - stamp.accuracy_us);
    evidence.stamps.push_back(stamp.index);
  }
  return evidence;
}

struct TrueWorld {
  Retention log;
  std::uint64_t now_us = kReadingMinUs;    // the true time
  std::int64_t host_off_us = 0;            // by which the server's own clock is wrong
  std::uint64_t steady_us = 0;             // since the newest clock record, by the steady clock
  bool steady_is_fast = false;             // by one part in 999
  std::vector<std::uint64_t> appended_us;  // when, of each record
  std::set<int> left_out;                  // numbers of the rules that do not hold here

  /// Appends any record.
  Place append() {
    appended_us.push_back(now_us);
    return {LeafIndex{appended_us.size() - 1}, hash_of(appended_us.size())};
  }
  [[nodiscard]] Place next_place() const {
    return {LeafIndex{appended_us.size()}, hash_of(appended_us.size() + 1)};
  }
  [[nodiscard]] TreeSize size() const { return TreeSize{appended_us.size()}; }
  [[nodiscard]] std::uint64_t host_us() const {
    return now_us + static_cast<std::uint64_t>(host_off_us);
  }

  void run(std::uint64_t span_us) {
    now_us += span_us;
    steady_us += steady_is_fast ? span_us + span_us / 999 : span_us;
  }
  /// What ran since the newest clock record is forgotten.
  void stop(std::uint64_t span_us) {
    now_us += span_us;
    steady_us = 0;
  }

  /// The clock record that the server would write.
  [[nodiscard]] ClockAct clock_act(const std::optional<format::Evidence>& evidence = {},
                                   std::vector<Stamp> stamps = {}) const {
    format::Clock clock;
    clock.number = log.clocks();
    clock.host_us = host_us();
    clock.evidence = evidence;
    if (log.clocks() == 0) {
      clock.reading_us = Timeline::first_reading_us(clock.host_us, {});
    } else {
      clock.running_us = log.timeline().newest().running_us + steady_us;
      clock.reading_us = log.timeline().next(clock.running_us, clock.host_us, evidence).reading_us;
    }
    return {next_place(), clock, std::move(stamps)};
  }

  /// Whether the law, without the rules that are left out, lets the act follow.
  template <class Act>
  [[nodiscard]] bool takes(Act act) const {
    act.place = next_place();
    if (left_out.empty()) return judge(log, act).has_value();
    return !first_broken<Act>(without(rules_for(act), left_out), log, act);
  }
  /// Appends it if so.
  template <class Act>
  bool take(Act act) {
    if (!takes(act)) return false;
    act.place = next_place();
    append();
    log.apply(act);
    return true;
  }

  bool clock() {
    if (!take(clock_act())) return false;
    steady_us = 0;
    return true;
  }
  bool clock(const format::Evidence& evidence, std::vector<Stamp> stamps) {
    if (!take(clock_act(evidence, std::move(stamps)))) return false;
    steady_us = 0;
    return true;
  }
};

}  // namespace varve::rules
