// One check after the other.
#include "api/outbound/time_evidence.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace varve::api {
namespace {

/// A log that takes evidence grows by it: a clock record in front of it, and one behind. Where a month begins,
/// its secret and the seal over that come too. And a witnessed checkpoint may, which a sender's event does not: a
/// seal is behind that, so it makes two records.
constexpr std::uint64_t kClocksOfEvidence = 2;
constexpr std::uint64_t kWitnessedRecords = 1;
constexpr std::uint64_t kRecordsOfAMonth = 2;
constexpr std::uint64_t kSlackShare = 24;  // of a day: rounds begin a moment later than a day ago
constexpr std::uint64_t kFastOscillator = 1'000;  // of what a machine says it has run, as in ages
constexpr std::int64_t kSecond_us = 1'000'000;
constexpr const char* kPersonHasToLook = "; a person has to look which clock is wrong";

std::string span_of(std::uint64_t us) {
  const std::uint64_t minutes = us / format::kMinuteUs;
  if (minutes < 120) return std::to_string(minutes) + " minutes";
  if (minutes < 2'880) return std::to_string(minutes / 60) + " hours";
  return std::to_string(minutes / 1'440) + " days";
}

/// R7: the latest time at which the tree was there, and the earliest that has come.
format::Evidence together(const std::vector<TimeStamp>& stamps, TreeSize size) {
  format::Evidence said{size, 0, UINT64_MAX, {}};
  for (const TimeStamp& stamp : stamps) {
    const std::uint64_t time_us = stamp.said.time_us;
    const std::uint64_t accuracy_us = stamp.said.accuracy_us;
    said.latest_us = std::max(said.latest_us, time_us + accuracy_us);
    said.earliest_us = std::min(said.earliest_us, time_us - std::min(time_us, accuracy_us));
  }
  return said;
}

/// A log that has grown by nothing but the evidence before has nothing that evidence would be about.
bool has_grown(const rules::Retention& log, TreeSize size, std::size_t asked) {
  const auto& bounds = log.timeline().bounds();
  if (bounds.empty()) return true;
  const auto is_new = [&](const rules::Month& month) {
    return month.first.value >= bounds.back().size.value;
  };
  const auto begun = static_cast<std::uint64_t>(std::ranges::count_if(log.months(), is_new));
  const std::uint64_t own = kClocksOfEvidence + kWitnessedRecords +
                            std::min(asked, log.sources().size()) + kRecordsOfAMonth * begun;
  return size.value > bounds.back().size.value + own;
}

/// R5, by what the newest clock record knows: less than the log will know, so it never asks in vain.
bool has_waited(const rules::Retention& log, const TimeStamp& stamp) {
  const rules::NamedSource* const source = log.find_source(stamp.said.key, stamp.said.type);
  return source != nullptr && !log.timeline().empty() &&
         log.timeline().age_us(source->since) >= format::wait_us(log.policy());
}

/// Why nobody but a person may give it; empty: it fits what the log knows.
std::string strangeness(const rules::Timeline& time, const format::Evidence& evidence) {
  if (evidence.latest_us < rules::kReadingMinUs)
    return "the sources' clocks and this machine's are before 2026" + std::string(kPersonHasToLook);
  const rules::ClockPoint* const covered = time.newest_in(evidence.size);
  if (covered == nullptr) return "";  // R6 says it
  const std::uint64_t fast_us = covered->running_us / kFastOscillator;
  if (evidence.latest_us + kBehindMax_us + fast_us < covered->reading_us)
    return "the sources' clocks and this machine's are " +
           span_of(covered->reading_us - evidence.latest_us) + " behind the log's own" +
           kPersonHasToLook;
  const rules::ClockPoint& newest = time.newest();
  const std::uint64_t known_us = newest.earliest_us != 0 ? newest.earliest_us : newest.reading_us;
  if (evidence.earliest_us > known_us + kAheadMax_us)
    return "the sources' clocks and this machine's are " +
           span_of(evidence.earliest_us - known_us) +
           " ahead of what the log knows: it was stopped for as long, or they are wrong alike" +
           kPersonHasToLook + ", and gives evidence by hand once";
  return "";
}

}  // namespace

bool is_evidence_due(const rules::Retention& log, const std::vector<TimeStamp>& stamps,
                     std::uint64_t later_us) {
  const rules::Timeline& time = log.timeline();
  if (time.bounds().empty()) return true;
  const std::uint64_t said_us = stamps.empty() ? 0 : together(stamps, {}).latest_us;
  const std::uint64_t day_us = format::unit_us(log.policy());
  return std::max(said_us, time.newest().reading_us) >=
         time.bounds().back().latest_us + day_us - day_us / kSlackShare + later_us;
}

EvidenceChoice choose_evidence(const rules::Retention& log, const format::Checkpoint& tree,
                               std::vector<TimeStamp> stamps, std::size_t asked,
                               std::uint64_t later_us) {
  if (!log.statements().empty()) return {};  // the next clock record carries what there is
  const format::Policy& policy = log.policy();
  const auto enough = [&] { return !stamps.empty() && stamps.size() >= policy.quorum; };
  const auto& bounds = log.timeline().bounds();
  if (!stamps.empty() && !bounds.empty()) {
    const std::uint64_t now_us = together(stamps, tree.size).latest_us;
    if (bounds.back().latest_us > now_us + kFutureMargin_us)
      return {{},
              "the log's newest evidence is " + span_of(bounds.back().latest_us - now_us) +
                  " ahead of the sources' clocks: it was false, or they are" + kPersonHasToLook};
  }
  if (!has_grown(log, tree.size, asked)) return {};
  if (!is_evidence_due(log, stamps, later_us)) return {};  // whoever is missing is not missed yet
  if (!enough()) return {{}, "too few of the sources' clocks agree with this machine's"};
  std::erase_if(stamps, [&](const TimeStamp& stamp) { return !has_waited(log, stamp); });
  if (!enough())
    return {{},
            "R5: too few of the sources that stamped have been named for as long as the policy has "
            "them wait",
            true};
  const format::Evidence evidence = together(stamps, tree.size);
  const std::uint64_t day_us = format::unit_us(policy);
  if (!bounds.empty() &&
      evidence.latest_us < bounds.back().latest_us + day_us - day_us / kSlackShare + later_us)
    return {};
  if (std::string strange = strangeness(log.timeline(), evidence); !strange.empty())
    return {{}, std::move(strange)};
  return {std::move(stamps), ""};
}

/// Whoever gives evidence by hand may use the reserve; a machine that does so each day may not.
std::string why_not_now(const ClockWatch& watch, std::uint64_t steady_ms, const Log& log,
                        const env::Filesystem& files) {
  const std::int64_t set_by_us = watch.set_by_us(steady_ms);
  if (set_by_us != 0)
    return "this machine's clock was set by " + std::to_string(set_by_us / kSecond_us) +
           " s while the server ran; for a day, no evidence is given";
  const auto free = files.free_bytes();
  if (free && *free < log.status().reserve_bytes)
    return "the disk has less left than is kept in reserve";
  return "";
}

Result<Appended> give_evidence(Log& log, const format::Checkpoint& tree,
                               const std::vector<TimeStamp>& stamps) {
  std::vector<std::string> texts;
  for (const TimeStamp& stamp : stamps)
    texts.push_back(format::timestamp_text({tree, stamp.token}));
  const auto answer = std::make_shared<std::promise<Result<Appended>>>();
  auto future = answer->get_future();
  log.append_timestamps(std::move(texts),
                        [answer](Result<Appended> done) { answer->set_value(std::move(done)); });
  return future.get();
}

}  // namespace varve::api
