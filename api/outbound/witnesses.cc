// The threads, and what they know together.
#include "api/outbound/witnesses.h"

#include <algorithm>
#include <chrono>

#include "api/outbound/kept_tree.h"
#include "ledger/base/visible.h"
#include "ledger/env/durable.h"
#include "ledger/env/thread.h"
#include "ledger/merkle/checked.h"

namespace varve::api {
namespace {

using Means = WitnessAnswer::Means;

constexpr std::string_view kAddCheckpoint = "/add-checkpoint";
constexpr std::string_view kContentType = "text/plain; charset=utf-8";
constexpr std::chrono::seconds kLookEvery{1};
constexpr std::uint64_t kDoublingsMax = 12;  // of the shortest interval, more than an hour

WitnessAnswer no_answer(const Error& error) {
  WitnessAnswer answer;
  answer.why = error.message;
  return answer;
}

}  // namespace

std::string add_checkpoint_url(const format::Witness& witness) {
  std::string_view prefix = witness.url;
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return std::string(prefix).append(kAddCheckpoint);
}

Witnesses::Witnesses(WitnessOptions options, Log& log, env::Filesystem& files, Journal& journal)
    : options_(std::move(options)),
      log_(log),
      files_(files),
      journal_(journal),
      record_(options_.log, log, options_.records_in, journal),
      evidence_(options_.log, log, options_.records_in, options_.policy, *options_.clock, journal),
      rounds_(options_.policy) {
  find_addresses();
  take_kept();
  take_alarms();
  for (std::size_t i = 0; i < addresses_.size(); ++i) start_asking(i);
}

void Witnesses::start_asking(std::size_t address) {
  auto started = env::start_thread([this, address] { run(address); });
  if (started) return threads_.push_back(std::move(*started));
  const std::string why =
      "it is not asked until varved is started again: " + started.error().message;
  const MutexLock lock(mutex_);
  for (const std::size_t witness : addresses_[address].witnesses) {
    statuses_[witness].trouble = why;
    say(Level::kError, "witness_not_asked", statuses_[witness].name, why);
  }
}

void Witnesses::find_addresses() {
  const MutexLock lock(mutex_);
  const auto& witnesses = options_.policy.witnesses();
  for (std::size_t i = 0; i < witnesses.size(); ++i) {
    statuses_.push_back({visible(witnesses[i].name), {}, 0, 0, "", ""});
    if (witnesses[i].url.empty()) continue;
    const std::string url = add_checkpoint_url(witnesses[i]);
    const auto at = [](const Address& address) { return address.peer.url; };
    auto address = std::ranges::find(addresses_, url, at);
    if (address == addresses_.end())
      address = addresses_.insert(address, Address{Peer{url, options_.ca_file}, {}, {}});
    address->witnesses.push_back(i);
    address->keys.push_back(witnesses[i].key);
  }
  standings_.resize(addresses_.size());
  heard_.resize(witnesses.size());
}

void Witnesses::take_kept() {
  auto kept = read_witnessed(files_, options_.kept_name, log_, options_.policy);
  const MutexLock lock(mutex_);
  const std::string before = std::exchange(kept_trouble_, kept ? "" : kept.error().message);
  kept_is_unread_ = !kept && is_unread(kept.error().code);
  if (!kept && kept_trouble_ != before)
    return say(Level::kError, "witnessed_checkpoint_refused", "",
               files_.system_path(options_.kept_name) + ": " + kept_trouble_ +
                   ". It is not served, and nothing is written over it: see "
                   "docs/operating/witnesses.md");
  if (!kept) return;
  if (!before.empty())
    say(Level::kInfo, "witnessed_checkpoint_read", "",
        files_.system_path(options_.kept_name) + ": it can be read again");
  if (*kept) use_kept(**std::move(kept));
}

void Witnesses::use_kept(KeptWitnessed kept) {
  const format::Checkpoint tree = kept.checkpoint.checkpoint;
  if (turn_ == 0) rounds_.begin(std::make_shared<const format::SignedCheckpoint>(kept.checkpoint));
  for (std::size_t i = 0; i < kept.cosigners.by_witness.size(); ++i) {
    auto& cosignature = kept.cosigners.by_witness[i];
    if (!cosignature) continue;
    statuses_[i].cosigned = std::max(statuses_[i].cosigned, tree.size);
    if (turn_ == 0) rounds_.add(tree, i, std::move(*cosignature));
  }
  for (std::size_t a = 0; a < addresses_.size(); ++a)
    for (const std::size_t witness : addresses_[a].witnesses)
      standings_[a].old = std::max(standings_[a].old, statuses_[witness].cosigned);
  if (!kept.cosigners.is_quorum) return;  // the policy asks for more now
  newest_ = std::make_shared<const std::string>(std::move(kept.note));
  newest_size_ = tree.size;
}

void Witnesses::take_alarms() {
  const auto bytes = env::read_whole(files_, options_.alarms_name, format::kWitnessAlarmsMax);
  const MutexLock lock(mutex_);
  if (!bytes && bytes.error().code == Code::kNotFound) return;
  auto alarms = bytes ? format::parse_alarms(text_of(*bytes)) : bytes.error();
  if (!alarms) {
    alarms_trouble_ = files_.system_path(options_.alarms_name) + ": " + alarms.error().message;
    return say(Level::kError, "witness_alarms_not_read", "",
               alarms_trouble_ + ". Nothing is written over it: see docs/operating/witnesses.md");
  }
  alarms_ = std::move(*alarms);
  for (const format::WitnessAlarm& alarm : alarms_) {
    WitnessStatus& status = status_of(alarm.key);
    if (status.alarm.empty()) status.alarm = alarm.what;
    say(Level::kError, "witness_alarm_stands", status.name,
        alarm.what + " (" + std::to_string(alarm.time_s) +
            " s after 1970). A person ends this alarm: see docs/operating/witnesses.md");
  }
}

WitnessStatus& Witnesses::status_of(const format::CosignerKey& key) {
  const auto& witnesses = options_.policy.witnesses();
  for (std::size_t i = 0; i < witnesses.size(); ++i)
    if (witnesses[i].key == key) return statuses_[i];
  const std::string name = visible(format::format_cosigner_vkey(key));
  const auto known = std::ranges::find(statuses_, name, &WitnessStatus::name);
  if (known != statuses_.end()) return *known;
  return statuses_.emplace_back(WitnessStatus{name, {}, 0, 0, "", ""});
}

void Witnesses::stop() {
  cancelled_ = true;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Witnesses::look() {
  const MutexLock lock(mutex_);
  wake_.notify_all();
}

void Witnesses::run(std::size_t address) {
  while (const auto task = next(address)) {
    if (!task->checkpoint) {
      begin_round();
      continue;
    }
    take(address, *task, ask(addresses_[address], *task));
    keep();
    if (is_end_of_round(address)) record_newest();
  }
}

std::optional<Witnesses::Task> Witnesses::next(std::size_t address) {
  const MutexLock lock(mutex_);
  for (;;) {
    if (stopping_) return std::nullopt;
    const std::uint64_t now_ms = options_.clock->steady_ms();
    if (is_round_due(now_ms)) {
      beginning_ = true;
      return Task{};
    }
    Standing& standing = standings_[address];
    auto current = rounds_.current();
    if (!beginning_ && standing.turn != turn_ && now_ms >= standing.not_before_ms &&
        standing.old <= current->checkpoint.size) {
      standing.turn = turn_;
      standing.is_asked = true;
      return Task{std::move(current), standing.old};
    }
    wake_.wait_until(mutex_, Deadline(kLookEvery));
  }
}

bool Witnesses::is_round_due(std::uint64_t now_ms) const {
  if (beginning_ || now_ms < not_begun_before_ms_) return false;
  if (turn_ == 0) return true;
  const std::uint64_t interval_ms = options_.interval_s * 1'000;
  const bool is_more_to_sign =
      !key_trouble_.empty() || log_.latest()->checkpoint.size > rounds_.current()->checkpoint.size;
  return now_ms - turn_began_ms_ >=
         (is_more_to_sign ? interval_ms : std::max(interval_ms, kHour_ms));
}

void Witnesses::begin_round() {
  bool is_unread = false;
  {
    const MutexLock lock(mutex_);
    is_unread = kept_is_unread_;
  }
  if (is_unread) take_kept();
  record_newest();  // whoever was not heard in the round before is not waited for
  if (cancelled_) {
    const MutexLock lock(mutex_);
    beginning_ = false;
    return;
  }
  auto newest = log_.for_witnesses();
  const MutexLock lock(mutex_);
  const std::uint64_t now_ms = options_.clock->steady_ms();
  beginning_ = false;
  note_key(newest ? "" : newest.error().message);
  if (!newest && newest.error().code == Code::kWorm) {  // another server may write, and publish
    not_begun_before_ms_ = now_ms + std::min(options_.interval_s * 1'000, kHour_ms);
    return;
  }
  rounds_.begin(newest ? std::move(*newest) : log_.latest());
  ++turn_;
  turn_began_ms_ = now_ms;
  wake_.notify_all();
}

void Witnesses::note_key(const std::string& trouble) {
  if (!trouble.empty() && key_trouble_ != trouble)
    say(Level::kError, "witness_key_in_trouble", "",
        "the log's witness key signed no checkpoint, so a witness that knows the log by it cosigns "
        "none: " +
            trouble);
  if (trouble.empty() && !key_trouble_.empty())
    say(Level::kInfo, "witness_key_signs", "", "the log's witness key signs again");
  if (trouble.empty() && !key_trouble_.empty())
    for (Standing& standing : standings_)  // who refused the log for want of this key takes it now
      if (!standing.was_told_when) standing.not_before_ms = 0;
  key_trouble_ = trouble;
}

bool Witnesses::may_keep(const std::string& note) const {
  if (key_trouble_.empty() || options_.policy.logs().empty()) return true;
  std::vector<format::VerifierKey> keys;
  for (const format::LogOfPolicy& log : options_.policy.logs()) keys.push_back(log.key);
  const auto parsed = format::parse_note(note);
  return parsed && format::verify_note(*parsed, keys);
}

Result<WitnessAnswer> Witnesses::ask_from(const Address& address, const Task& task,
                                          TreeSize old) const {
  const merkle::SignedTree tree{task.checkpoint->checkpoint.size, task.checkpoint->checkpoint.root};
  ASSIGN_OR_RETURN(const Hash root, merkle::checked_root(old, tree, log_));
  ASSIGN_OR_RETURN(const merkle::Proof proof, merkle::checked_consistency({old, root}, tree, log_));
  const std::string body = add_checkpoint_body(old, proof, task.checkpoint->note);
  ASSIGN_OR_RETURN(const client::HttpResponse response,
                   post(address.peer, kContentType, bytes_of(body), options_.bounds, cancelled_));
  return judge_answer(response,
                      {*task.checkpoint, old, log_.latest()->checkpoint.size, address.keys});
}

Witnesses::Outcome Witnesses::ask(const Address& address, const Task& task) const {
  const TreeSize size = task.checkpoint->checkpoint.size;
  auto answer = ask_from(address, task, task.old);
  if (!answer) return {no_answer(answer.error()), task.old};
  if (answer->means == Means::kCosigned) return {std::move(*answer), size};
  if (answer->means != Means::kOther) return {std::move(*answer), task.old};
  const TreeSize stands = answer->size;
  if (stands > size)
    return {no_answer(busy("it has cosigned a newer checkpoint already")), stands, stands};
  auto second = ask_from(address, task, stands);
  if (!second) return {no_answer(second.error()), stands, stands};
  if (second->means == Means::kCosigned) return {std::move(*second), size, stands};
  if (second->means != Means::kOther) return {std::move(*second), stands, stands};
  return {no_answer(invalid("it names another size whenever it is asked")), stands, stands};
}

void Witnesses::take(std::size_t address, const Task& task, Outcome outcome) {
  const MutexLock lock(mutex_);
  Standing& standing = standings_[address];
  if (stopping_) return;  // what was broken off is nobody's failure
  const Address& asked = addresses_[address];
  if (outcome.stood_at && *outcome.stood_at < standing.old)
    for (const std::size_t witness : asked.witnesses)
      say(Level::kWarning, "witness_put_back", statuses_[witness].name,
          "it had cosigned " + std::to_string(standing.old.value) + " records, and says " +
              std::to_string(outcome.stood_at->value) + ": it was put back to an older state");
  standing.old = outcome.old;
  if (outcome.answer.means == Means::kCosigned) {
    standing.failures = 0;
    standing.not_before_ms = 0;
    return take_cosignatures(asked, task, outcome.answer);
  }
  wait_before_next(standing, outcome.answer);
  for (const std::size_t witness : asked.witnesses) in_trouble(witness, outcome.answer);
}

void Witnesses::take_cosignatures(const Address& address, const Task& task, WitnessAnswer& answer) {
  const format::Checkpoint& tree = task.checkpoint->checkpoint;
  for (std::size_t i = 0; i < address.witnesses.size(); ++i) {
    const std::size_t witness = address.witnesses[i];
    if (!answer.cosignatures[i]) {
      in_trouble(witness, answer);
      continue;
    }
    WitnessStatus& status = statuses_[witness];
    if (!status.trouble.empty())
      say(Level::kInfo, "witness_cosigns", status.name, "it gives cosignatures again");
    status.cosigned = tree.size;
    status.cosigned_s = options_.clock->now_us() / 1'000'000;
    status.trouble.clear();
    heard_[witness] = heard(*answer.cosignatures[i], options_.clock->now_us());
    auto witnessed = rounds_.add(tree, witness, std::move(*answer.cosignatures[i]));
    if (witnessed && may_keep(witnessed->note)) to_keep_ = std::move(witnessed);
  }
}

void Witnesses::wait_before_next(Standing& standing, const WitnessAnswer& answer) {
  const std::uint64_t least_ms = std::min(options_.interval_s * 1'000, kHour_ms);
  const std::uint64_t doublings = std::min(standing.failures++, kDoublingsMax);
  const std::uint64_t asked_ms = answer.retry_after_s
                                     ? std::min(*answer.retry_after_s, kHour_ms) * 1'000
                                     : least_ms << doublings;
  const std::uint64_t wait_ms = std::clamp(asked_ms, least_ms, kHour_ms);
  standing.not_before_ms = options_.clock->steady_ms() + wait_ms;
  standing.was_told_when = answer.retry_after_s.has_value();
  standing.turn = 0;  // in the same round, too
}

void Witnesses::in_trouble(std::size_t witness, const WitnessAnswer& answer) {
  WitnessStatus& status = statuses_[witness];
  ++status.failures;
  const bool contradicts = answer.means == Means::kContradicts;
  if (status.trouble != answer.why)  // each thing once until something else happens
    say(contradicts ? Level::kError : Level::kWarning,
        contradicts ? "witness_contradicts" : "witness_in_trouble", status.name,
        contradicts ? answer.why +
                          ": the log was cut, put back or forked, or the witness lies: see "
                          "docs/operating/witnesses.md"
                    : answer.why);
  status.trouble = answer.why;
  if (!contradicts || !status.alarm.empty()) return;
  status.alarm = answer.why;
  alarms_.push_back(
      {options_.policy.witnesses()[witness].key, options_.clock->now_us() / 1'000'000, answer.why});
  alarms_to_keep_ = true;
}

void Witnesses::say(Level level, std::string_view event, std::string_view witness,
                    const std::string& message) {
  if (witness.empty())
    return journal_.write(level, event, {{"log", options_.log}, {"message", message}});
  journal_.write(level, event, {{"log", options_.log}, {"witness", witness}, {"message", message}});
}

std::shared_ptr<const std::string> Witnesses::newest() const {
  const MutexLock lock(mutex_);
  return newest_;
}

WitnessedStatus Witnesses::status() const {
  const MutexLock lock(mutex_);
  const EvidenceTrouble evidence = evidence_.trouble();
  WitnessedStatus status{newest_size_,      kept_trouble_.empty() ? alarms_trouble_ : kept_trouble_,
                         key_trouble_,      {},
                         record_.trouble(), evidence.why,
                         evidence.waits};
  const auto& witnesses = options_.policy.witnesses();
  for (std::size_t i = 0; i < statuses_.size(); ++i) {
    const bool is_asked = i < witnesses.size() && !witnesses[i].url.empty();
    if (is_asked || !statuses_[i].alarm.empty()) status.witnesses.push_back(statuses_[i]);
  }
  return status;
}

}  // namespace varve::api
