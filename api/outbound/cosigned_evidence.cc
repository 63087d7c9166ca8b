// Cosignatures become time stamps; whether they are given is decided as for those of authorities.
#include "api/outbound/cosigned_evidence.h"

#include <algorithm>
#include <utility>

#include "api/outbound/time_sources.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/note.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr std::uint64_t kApartMax_s = 60;
constexpr std::uint64_t kLaterShare = 8;               // of a day: three hours
constexpr std::uint64_t kRefusedAgain_ms = 3'600'000;  // the log judged it: that takes its time

bool is_source(const format::Policy& policy, const Hash& key) {
  return std::ranges::any_of(policy.sources, [&](const format::TimeSource& one) {
    return one.key == key && one.type == format::SourceType::kWitness;
  });
}

/// Whether witnesses alone can be enough.
bool takes_witnesses(const format::Policy& policy) {
  const auto witnesses =
      std::ranges::count(policy.sources, format::SourceType::kWitness, &format::TimeSource::type);
  return policy.quorum != 0 && static_cast<std::uint64_t>(witnesses) >= policy.quorum;
}

/// Witnesses are asked each minute and authorities each hour: where both can, authorities go first, for their clocks
/// are their trade.
std::uint64_t later_us(const format::Policy& policy) {
  const bool both_can = enough_stamps(policy) >= policy.quorum;
  return both_can ? format::unit_us(policy) / kLaterShare : 0;
}

/// Spans and counts in it change from minute to minute.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

}  // namespace

HeardCosignature heard(const format::Cosignature& cosignature, std::uint64_t now_us) {
  const std::uint64_t now_s = now_us / kMicroseconds;
  const auto [least, most] = std::minmax(now_s, cosignature.time_s);
  return {cosignature.time_s, most - least <= kApartMax_s};
}

CosignedEvidence::CosignedEvidence(std::string log_name, Log& log, const env::Filesystem* files,
                                   const format::WitnessPolicy& policy, const env::Clock& clock,
                                   Journal& journal)
    : log_name_(std::move(log_name)),
      log_(log),
      files_(files),
      policy_(policy),
      clock_(clock),
      journal_(journal) {}

void CosignedEvidence::offer(const std::string& note, std::span<const HeardCosignature> heard) {
  if (files_ == nullptr || is_offered_.exchange(true)) return;
  EvidenceTrouble trouble = give(note, heard);
  {
    const MutexLock lock(mutex_);
    if (!trouble.why.empty() &&
        without_digits(trouble.why) !=
            without_digits(trouble_.why))  // once, until something else happens
      journal_.write(
          Level::kWarning, "time_evidence_refused",
          {{"log", log_name_}, {"message", trouble.why + ": see docs/operating/witnesses.md"}});
    trouble_ = std::move(trouble);
  }
  is_offered_ = false;
}

EvidenceTrouble CosignedEvidence::trouble() const {
  const MutexLock lock(mutex_);
  return trouble_;
}

CosignedEvidence::Heard CosignedEvidence::stamps_in(const std::string& note,
                                                    std::span<const HeardCosignature> heard,
                                                    const format::Policy& policy) const {
  Heard found;
  const auto parsed = format::parse_note(note);
  if (!parsed) return found;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const format::CosignerKey& key = policy_.witnesses()[i].key;
    const auto given = format::cosignature_of(*parsed, key);
    if (!given || !*given || (*given)->time_s != heard[i].time_s) continue;
    Buffer statement = format::cosigned_time(key, **given);
    const auto said = format::verify_time_statement(statement, parsed->text);
    if (!said || !is_source(policy, said->key)) continue;
    const auto same = [&](const TimeStamp& one) { return one.said.key == said->key; };
    if (std::ranges::any_of(found.all, same)) continue;
    found.all.push_back({std::move(statement), *said});
    if (heard[i].agrees) found.agreeing.push_back(found.all.back());
  }
  return found;
}

EvidenceTrouble CosignedEvidence::give(const std::string& note,
                                       std::span<const HeardCosignature> heard) {
  clock_watch_.look(clock_);
  const auto retention = log_.view().retention;
  const format::Policy& policy = retention->policy();
  if (!takes_witnesses(policy)) return {};
  if (clock_.steady_ms() < refused_until_ms_) return trouble();
  const Heard stamps = stamps_in(note, heard, policy);
  const auto known = std::ranges::count_if(policy_.witnesses(), [&](const format::Witness& one) {
    return is_source(policy, format::cosigner_hash(one.key));
  });
  if (static_cast<std::uint64_t>(known) < policy.quorum)
    return !is_evidence_due(*retention, stamps.agreeing, later_us(policy))
               ? EvidenceTrouble{}
               : EvidenceTrouble{"witness_policy names " + std::to_string(known) +
                                 " of the witnesses that the log's policy names as sources of "
                                 "time, and it takes " +
                                 std::to_string(policy.quorum)};
  if (stamps.all.empty()) return {};  // behind a start, before anybody has answered
  const auto parsed = format::parse_note(note);
  const auto tree = format::parse_checkpoint_text(parsed->text);
  if (!tree) return {tree.error().message};
  const EvidenceChoice choice =
      choose_evidence(*retention, *tree, stamps.agreeing, policy.sources.size(), later_us(policy));
  if (choice.stamps.empty()) {
    if (choice.trouble.empty() || stamps.all.size() >= policy.quorum)
      return {choice.trouble, choice.is_waiting};
    return {
        std::to_string(stamps.all.size()) +
        " of the witnesses that the log's policy names as sources of time cosign, and it takes " +
        std::to_string(policy.quorum)};
  }
  std::string held = why_not_now(clock_watch_, clock_.steady_ms(), log_, *files_);
  if (!held.empty()) return {std::move(held)};
  if (const auto sole = log_.check_writer(); !sole) return {sole.error().message};
  const Result<Appended> done = give_evidence(log_, *tree, choice.stamps);
  if (!done) {
    if (done.error().code != Code::kBusy) refused_until_ms_ = clock_.steady_ms() + kRefusedAgain_ms;
    return {done.error().message};
  }
  journal_.write(Level::kInfo, "time_evidence_recorded",
                 {{"log", log_name_}, {"record", done->first.value}, {"stamps", done->count}});
  return {};
}

}  // namespace varve::api
