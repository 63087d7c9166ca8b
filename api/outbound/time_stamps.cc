// The thread: a look each second at whether there is something to ask, to keep, or to give to the log.
#include "api/outbound/time_stamps.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/outbound/kept_tree.h"
#include "api/outbound/time_sources.h"
#include "ledger/env/durable.h"

namespace varve::api {
namespace {

constexpr std::chrono::seconds kLook{1};
constexpr std::uint64_t kRetry_ms = 60'000;
constexpr std::uint64_t kDoublingMax = 11;  // of a minute: more than a day
constexpr std::uint64_t kMicrosecond = 1'000'000;

std::uint64_t latest_us(const format::SignedTime& said) {
  return said.time_us + said.accuracy_us;
}

std::uint64_t random_nonce(env::Random& random) {
  Buffer bytes(8);
  random.fill(bytes);
  bytes[0] = (bytes[0] & std::byte{0x7f}) | std::byte{0x40};  // positive, and of one length
  std::uint64_t nonce = 0;
  for (const std::byte byte : bytes) nonce = nonce << 8 | std::to_integer<std::uint64_t>(byte);
  return nonce;
}

}  // namespace

TimeStamps::TimeStamps(TimeStampOptions options, Log& log, env::Filesystem& files, Journal& journal)
    : options_(std::move(options)), log_(log), files_(files), journal_(journal) {
  {
    const MutexLock lock(mutex_);
    for (const Peer& peer : options_.authorities)
      status_.authorities.push_back({authority_name(peer.url), 0, 0, false, {}, ""});
  }
  turns_.resize(options_.authorities.size());
  while (askers_.size() < turns_.size()) askers_.push_back(std::make_unique<env::ThreadOnDemand>());
  take_kept();
  const auto retention = log_.view().retention;
  serve(*retention);
  set_trouble(trouble_of(retention->policy()));
  if (auto started = env::start_thread([this] { run(); }))
    thread_ = std::move(*started);
  else
    set_trouble("nobody is asked before a restart: " + started.error().message);
}

void TimeStamps::stop() {
  cancelled_ = true;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void TimeStamps::look() {
  const MutexLock lock(mutex_);
  looked_at_ = true;
  wake_.notify_all();
}

void TimeStamps::run() {
  do step();
  while (wait());
}

bool TimeStamps::wait() {
  const MutexLock lock(mutex_);
  if (!stopping_ && !looked_at_) wake_.wait_until(mutex_, Deadline(kLook));
  looked_at_ = false;
  return !stopping_;
}

/// Before the thread starts, and on it. /readyz names no path: everybody reads it.
void TimeStamps::take_kept() {
  auto kept = read_stamped(files_, options_.kept_name, log_);
  kept_is_unread_ = !kept && is_unread(kept.error().code);
  read_again_ms_ = options_.clock->steady_ms() + kRetry_ms;
  file_is_left_alone_ = !kept;
  is_refused_ = !kept && !kept_is_unread_;
  const std::string before = std::exchange(
      kept_trouble_, kept              ? ""
                     : kept_is_unread_ ? "the kept file cannot be read now; the journal says why"
                                       : "the kept file: " + kept.error().message);
  const std::string path = files_.system_path(options_.kept_name) + ": ";
  if (!kept && kept_trouble_ != before)
    return say(Level::kError, kept_is_unread_ ? "timestamps_not_read" : "timestamps_refused", "",
               path + kept.error().message +
                   (kept_is_unread_ ? ". It is tried again each minute"
                                    : ". It is not served, and nothing is written over it: see "
                                      "docs/operating/time-stamps.md"));
  if (!kept) return;
  if (!before.empty()) say(Level::kInfo, "timestamps_read", "", path + "it can be read again");
  kept_ = std::move(*kept);
}

void TimeStamps::serve(const rules::Retention& retention) {
  const format::Policy& policy = retention.policy();
  std::uint64_t time_us = 0;
  std::vector<Hash> counted;
  for (const format::SignedTime& one : kept_ ? kept_->said : std::vector<format::SignedTime>{}) {
    time_us = std::max(time_us, latest_us(one));
    if (names_authority(policy, one.key) && std::ranges::count(counted, one.key) == 0)
      counted.push_back(one.key);
  }
  const std::size_t enough = enough_stamps(policy);
  const bool counts = enough != 0 && counted.size() >= enough;
  const auto& bounds = retention.timeline().bounds();
  const MutexLock lock(mutex_);
  if (newest_ && !counts)
    say(Level::kWarning, "timestamps_withdrawn", "",
        "the log's policy does not name enough of the sources any more that have stamped " +
            std::to_string(kept_->size.value) + " records: this is not served");
  newest_ = counts ? kept_->text : nullptr;
  status_.size = counts ? kept_->size : TreeSize{};
  status_.time_us = counts ? time_us : 0;
  status_.kept_is_refused = is_refused_;
  status_.evidence_us = bounds.empty() ? 0 : bounds.back().latest_us;
}

std::string TimeStamps::trouble_of(const format::Policy& policy) const {
  if (!kept_trouble_.empty()) return kept_trouble_;
  if (!writer_trouble_.empty()) return writer_trouble_;
  if (std::string trouble = trouble_of_sources(policy, options_.authorities.size());
      !trouble.empty())
    return trouble;
  return keep_trouble_;
}

void TimeStamps::set_trouble(std::string trouble) {
  const MutexLock lock(mutex_);
  if (status_.trouble == trouble) return;
  if (!trouble.empty()) say(Level::kWarning, "timestamps_in_trouble", "", trouble);
  status_.trouble = std::move(trouble);
}

bool TimeStamps::is_round_due(std::uint64_t now_ms, const format::Policy& policy) const {
  if (!round_.checkpoint) return true;
  const std::uint64_t interval_ms = options_.interval_s * 1'000;
  const bool has_grown = log_.latest()->checkpoint.size > round_.checkpoint->size;
  return now_ms - round_.began_ms >=
         (has_grown ? interval_ms : std::max(interval_ms, format::unit_us(policy) / 1'000));
}

/// A server beside which another one writes asks nobody: it would have the wrong history stamped.
void TimeStamps::step() {
  const LedgerView view = log_.view();
  const format::Policy& policy = view.retention->policy();
  const std::uint64_t now_ms = options_.clock->steady_ms();
  clock_watch_.look(*options_.clock);
  if (kept_is_unread_ && now_ms >= read_again_ms_) take_kept();
  const bool is_asked = enough_stamps(policy) != 0;
  const bool is_due = is_asked && is_round_due(now_ms, policy);
  if (is_due || !writer_trouble_.empty()) {
    const auto sole = log_.check_writer();
    writer_trouble_ = sole ? "" : sole.error().message;
  }
  serve(*view.retention);
  set_trouble(trouble_of(policy));
  if (!is_asked || !writer_trouble_.empty()) return;
  if (is_due) {
    round_ = Round{view.newest->checkpoint, {}, now_ms, 0, options_.records_in != nullptr};
    round_.given.resize(options_.authorities.size());
  }
  ask_all(*view.retention);
  if (cancelled_) return;
  keep(policy);
  serve(*view.retention);
  set_trouble(trouble_of(policy));
  if (now_ms >= round_.record_again_ms && writer_trouble_.empty()) record(*view.retention);
}

/// Whoever takes his time delays no other: what one gives is kept while others are awaited.
void TimeStamps::ask_all(const rules::Retention& retention) {
  const format::Policy& policy = retention.policy();
  std::vector<std::uint64_t> nonces(turns_.size());
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    const auto& given = round_.given[i];
    if (given && !given->clock_is_off) continue;
    if (options_.clock->steady_ms() < turns_[i].again_ms) continue;
    asked.push_back(i);
    nonces[i] = random_nonce(*options_.random);
    const auto job = [this, i, query = format::time_query(*round_.checkpoint, nonces[i])] {
      ask(i, query);
    };
    if (!askers_[i]->try_start(job)) job();
  }
  for (std::size_t left = asked.size(); left > 0; --left) {
    const Answered answered = next_answer();
    if (cancelled_) continue;  // what was broken off is nobody's failure
    take(answered, {*round_.checkpoint, nonces[answered.authority], policy.sources});
    keep(policy);
    serve(retention);
  }
  for (const std::size_t i : asked) askers_[i]->wait();
}

TimeStamps::Answered TimeStamps::next_answer() {
  const MutexLock lock(mutex_);
  while (answered_.empty()) came_.wait(mutex_);
  Answered answered = std::move(answered_.front());
  answered_.pop_front();
  return answered;
}

void TimeStamps::wait_before_next(Turn& turn, std::optional<std::uint64_t> retry_after_s) const {
  const std::uint64_t longer_ms = kRetry_ms << std::min(turn.failures++, kDoublingMax);
  const std::uint64_t most_ms = std::max(kRetry_ms, options_.interval_s * 1'000);
  const std::uint64_t asked_ms =
      retry_after_s ? std::min(*retry_after_s, options_.interval_s) * 1'000 : longer_ms;
  turn.again_ms = options_.clock->steady_ms() + std::clamp(asked_ms, kRetry_ms, most_ms);
}

/// On a thread of its own.
void TimeStamps::ask(std::size_t authority, const Buffer& query) {
  const std::uint64_t asked_us = options_.clock->now_us();
  const Peer& peer = options_.authorities[authority];
  auto response = post(peer, kTimeQueryType, query, options_.bounds, cancelled_);
  const std::uint64_t answered_us = options_.clock->now_us();
  const MutexLock lock(mutex_);
  answered_.push_back({authority, std::move(response), asked_us, answered_us});
  came_.notify_all();
}

void TimeStamps::take(const Answered& answered, const TimeQuestion& question) {
  const std::size_t authority = answered.authority;
  TimeAnswer answer = answered.response ? judge_time_reply(*answered.response, question)
                                        : no_time_reply(options_.authorities[authority].url,
                                                        answered.response.error());
  const MutexLock lock(mutex_);
  TimeAuthorityStatus& status = status_.authorities[authority];
  if (!answer.stamp) {
    wait_before_next(turns_[authority], answer.retry_after_s);
    ++status.failures[static_cast<std::size_t>(answer.reason)];
    if (status.trouble != answer.why)  // each thing once until something else happens
      say(Level::kWarning, "time_authority_in_trouble", status.name, answer.why);
    status.trouble = std::move(answer.why);
    return;
  }
  if (!status.trouble.empty())
    say(Level::kInfo, "time_authority_stamps", status.name, "it gives time stamps again");
  status.trouble.clear();
  status.stamped_s = answered.answered_us / kMicrosecond;
  note_clock(status, clock_offset_us(answer.stamp->said, answered.asked_us, answered.answered_us));
  if (status.clock_is_off)
    wait_before_next(turns_[authority], {});
  else
    turns_[authority] = {};
  round_.given[authority] = Given{std::move(*answer.stamp), status.clock_is_off};
}

/// Nothing here knows which of the two clocks is wrong.
void TimeStamps::note_clock(TimeAuthorityStatus& status, std::int64_t offset_us) {
  status.offset_us = offset_us;
  const bool is_off = offset_us > kOffsetMax_us || offset_us < -kOffsetMax_us;
  const auto seconds =
      static_cast<std::uint64_t>(offset_us < 0 ? -offset_us : offset_us) / kMicrosecond;
  if (is_off && !status.clock_is_off)
    say(Level::kError, "time_authority_clock_off", status.name,
        "its clock is " + std::to_string(seconds) + " s " +
            (offset_us > 0 ? "ahead of" : "behind") +
            " this machine's: one of the two is wrong. The time stamp is kept and served, and the "
            "log does "
            "not take it as evidence");
  if (!is_off && status.clock_is_off)
    say(Level::kInfo, "time_authority_clock_agrees", status.name,
        "its clock and this machine's agree again");
  status.clock_is_off = is_off;
}

std::vector<TimeStamp> TimeStamps::stamps_for(const format::Policy& policy, bool agreeing) const {
  std::vector<TimeStamp> stamps;
  for (const auto& given : round_.given) {
    if (!given || (agreeing && given->clock_is_off) ||
        !names_authority(policy, given->stamp.said.key))
      continue;
    const auto same = [&](const TimeStamp& one) { return one.said.key == given->stamp.said.key; };
    if (std::ranges::none_of(stamps, same)) stamps.push_back(given->stamp);
  }
  return stamps;
}

void TimeStamps::keep(const format::Policy& policy) {
  const std::vector<TimeStamp> stamps = stamps_for(policy, false);
  if (stamps.size() < enough_stamps(policy) || file_is_left_alone_) return;
  format::StampedCheckpoint stamped{*round_.checkpoint, {}};
  KeptStamped kept{nullptr, stamped.checkpoint.size, {}};
  for (const TimeStamp& stamp : stamps) {
    stamped.tokens.push_back(stamp.token);
    kept.said.push_back(stamp.said);
  }
  std::string text = format::stamped_checkpoint_text(stamped);
  if (kept_ && text == *kept_->text) return;
  const auto sole = log_.check_writer();
  writer_trouble_ = sole ? "" : sole.error().message;
  if (!sole) return;
  keep_trouble_ = write_kept(text, kept.size);
  if (!keep_trouble_.empty()) return;
  kept.text = std::make_shared<const std::string>(std::move(text));
  kept_ = std::move(kept);
}

std::string TimeStamps::write_kept(const std::string& text, TreeSize size) {
  auto done =
      may_replace_stamped(files_, options_.kept_name, kept_ ? kept_->text.get() : nullptr, size);
  const bool is_foreign = !done && !is_unread(done.error().code);
  is_refused_ = is_foreign;
  if (done) done = env::write_durably(files_, options_.kept_name, bytes_of(text));
  if (done) return "";
  const std::string why = is_foreign ? "the newest stamps are not kept: " + done.error().message
                                     : "the newest stamps cannot be kept now; the journal says why";
  if (why != keep_trouble_)  // once: it is tried again each second
    say(Level::kError, "timestamps_not_kept", "",
        files_.system_path(options_.kept_name) + ": " + done.error().message);
  return why;
}

void TimeStamps::record(const rules::Retention& retention) {
  const format::Policy& policy = retention.policy();
  if (enough_stamps(policy) < policy.quorum) return set_evidence_trouble("", false);  // by hand
  if (!round_.is_to_record || stamps_for(policy, false).size() < policy.quorum) return;
  clock_watch_.look(*options_.clock);  // it may have been set while an authority was asked
  const EvidenceChoice choice = choose(retention);
  std::string trouble = choice.trouble;
  if (!choice.stamps.empty()) {
    const auto given = give(choice.stamps);
    trouble = given ? "" : given.error().message;
    round_.is_to_record = !given && given.error().code == Code::kBusy;
    round_.record_again_ms = options_.clock->steady_ms() + kRetry_ms;
  }
  set_evidence_trouble(std::move(trouble), choice.is_waiting);
}

EvidenceChoice TimeStamps::choose(const rules::Retention& retention) const {
  EvidenceChoice choice =
      choose_evidence(retention, *round_.checkpoint, stamps_for(retention.policy(), true),
                      options_.authorities.size());
  if (choice.stamps.empty()) return choice;
  std::string trouble =
      why_not_now(clock_watch_, options_.clock->steady_ms(), log_, *options_.records_in);
  if (!trouble.empty()) return {{}, std::move(trouble)};
  return choice;
}

void TimeStamps::set_evidence_trouble(std::string trouble, bool waits) {
  const MutexLock lock(mutex_);
  if (!trouble.empty() && status_.evidence_trouble != trouble)
    say(Level::kWarning, "time_evidence_refused", "",
        trouble + ": see docs/operating/time-stamps.md");
  status_.evidence_waits = waits;
  status_.evidence_trouble = std::move(trouble);
}

Result<void> TimeStamps::give(const std::vector<TimeStamp>& stamps) {
  const Result<Appended> done = give_evidence(log_, *round_.checkpoint, stamps);
  if (!done) return done.error();
  journal_.write(Level::kInfo, "time_evidence_recorded",
                 {{"log", options_.log}, {"record", done->first.value}, {"stamps", done->count}});
  const MutexLock lock(mutex_);  // both at once: whoever looks sees no trouble that is over
  ++status_.recorded;
  status_.evidence_trouble.clear();
  status_.evidence_waits = false;
  return {};
}

void TimeStamps::say(Level level, std::string_view event, std::string_view authority,
                     const std::string& message) {
  if (authority.empty())
    return journal_.write(level, event, {{"log", options_.log}, {"message", message}});
  journal_.write(level, event,
                 {{"log", options_.log}, {"authority", authority}, {"message", message}});
}

std::shared_ptr<const std::string> TimeStamps::newest() const {
  const MutexLock lock(mutex_);
  return newest_;
}

StampedStatus TimeStamps::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

}  // namespace varve::api
