// The thread: a look each second at whether there is something to ask, to keep, or to give to the log.
#include "api/outbound/time_stamps.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "api/outbound/kept_tree.h"
#include "ledger/base/visible.h"
#include "ledger/env/durable.h"

namespace varve::api {
namespace {

constexpr std::chrono::seconds kLook{1};
constexpr std::uint64_t kRetry_ms = 60'000;
constexpr std::uint64_t kDoublingMax = 11;  // of a minute: more than a day
constexpr std::uint64_t kMicrosecond = 1'000'000;
/// A log that takes evidence grows by it: a clock record in front of it, and one behind. Where a month begins,
/// its secret and the seal over that come too.
constexpr std::uint64_t kClocksOfEvidence = 2;
constexpr std::uint64_t kRecordsOfAMonth = 2;

std::uint64_t latest_us(const format::SignedTime& said) {
  return said.time_us + said.accuracy_us;
}

bool names(const format::Policy& policy, const Hash& key) {
  return std::ranges::find(policy.sources, key, &format::TimeSource::key) != policy.sources.end();
}

std::uint64_t random_nonce(env::Random& random) {
  Buffer bytes(8);
  random.fill(bytes);
  bytes[0] = (bytes[0] & std::byte{0x7f}) | std::byte{0x40};  // positive, and of one length
  std::uint64_t nonce = 0;
  for (const std::byte byte : bytes) nonce = nonce << 8 | std::to_integer<std::uint64_t>(byte);
  return nonce;
}

/// Everybody reads /readyz, and a path may be what an authority knows its customers by.
std::string without_path(const Peer& peer, const Error& error) {
  std::string why = error.message;
  if (why.starts_with(peer.url)) why.replace(0, peer.url.size(), authority_name(peer.url));
  return visible(why);
}

struct KeptStamps {
  format::StampedCheckpoint stamped;
  std::vector<format::SignedTime> said;  // as its tokens
};

/// Nothing: there is no such file. Errors: kCorrupt, kInvalid, kIo; others as Log.
Result<std::optional<KeptStamps>> read_stamps(const env::Filesystem& files, const std::string& name,
                                              const Log& log) {
  const auto bytes = env::read_whole(files, name, format::kStampedCheckpointMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return std::optional<KeptStamps>{};
  if (!bytes) return bytes.error();
  KeptStamps kept;
  ASSIGN_OR_RETURN(kept.stamped, format::parse_stamped_checkpoint(text_of(*bytes)));
  const format::Checkpoint& tree = kept.stamped.checkpoint;
  if (tree.origin != log.latest()->checkpoint.origin)
    return invalid("it is of the log " + visible(tree.origin));
  RETURN_IF_ERROR(expect_beginning(tree, log, "authorities have stamped"));
  for (const Buffer& token : kept.stamped.tokens) {
    ASSIGN_OR_RETURN(const auto said,
                     format::verify_time_token(token, format::checkpoint_text(tree)));
    kept.said.push_back(said);
  }
  return std::optional(std::move(kept));
}

}  // namespace

std::string authority_name(const std::string& url) {
  const auto parsed = client::parse_url(url);
  return parsed ? parsed->host + ":" + std::to_string(parsed->port) : visible(url);
}

TimeStamps::TimeStamps(TimeStampOptions options, Log& log, env::Filesystem& files, Journal& journal)
    : options_(std::move(options)), log_(log), files_(files), journal_(journal) {
  {
    const MutexLock lock(mutex_);
    for (const Peer& peer : options_.authorities)
      status_.authorities.push_back({authority_name(peer.url), 0, 0, false, {}, ""});
  }
  take_kept();
  thread_ = std::thread([this] { run(); });
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

/// What the policy does not name any more is not served, and the next round replaces it.
void TimeStamps::take_kept() {
  auto kept = read_stamps(files_, options_.kept_name, log_);
  const auto retention = log_.view().retention;
  const format::Policy& policy = retention->policy();
  const MutexLock lock(mutex_);
  if (!kept) {
    file_is_left_alone_ = true;
    kept_trouble_ = files_.system_path(options_.kept_name) + ": " + kept.error().message;
    return say(Level::kError, "timestamps_refused", "",
               kept_trouble_ +
                   ". It is not served, and nothing is written over it: see "
                   "docs/operating/time-stamps.md");
  }
  if (!*kept) return;
  const auto counts = [&](const format::SignedTime& one) { return names(policy, one.key); };
  const auto sources = std::ranges::count_if((*kept)->said, counts);
  if (policy.quorum == 0 || static_cast<std::uint64_t>(sources) < policy.quorum) return;
  newest_ = std::make_shared<const std::string>(format::stamped_checkpoint_text((*kept)->stamped));
  status_.size = (*kept)->stamped.checkpoint.size;
  for (const format::SignedTime& one : (*kept)->said)
    status_.time_us = std::max(status_.time_us, latest_us(one));
}

bool TimeStamps::can_ask(const format::Policy& policy) {
  const std::size_t asked = options_.authorities.size();
  if (policy.quorum == 0)
    set_trouble(
        "the log's policy names no source of time, so nobody is asked: varve-keys policy set "
        "--source");
  else if (policy.quorum > asked)
    set_trouble("the log's policy takes " + std::to_string(policy.quorum) +
                " sources of time, and timestamp_urls has " + std::to_string(asked));
  else
    set_trouble("");
  return policy.quorum != 0;
}

void TimeStamps::set_trouble(std::string trouble) {
  const MutexLock lock(mutex_);
  if (status_.trouble == trouble) return;
  if (!trouble.empty()) say(Level::kWarning, "timestamps_in_trouble", "", trouble);
  status_.trouble = std::move(trouble);
}

bool TimeStamps::is_round_due(std::uint64_t now_ms) const {
  if (!round_.checkpoint) return true;
  const std::uint64_t interval_ms = options_.interval_s * 1'000;
  const bool has_grown = log_.latest()->checkpoint.size > round_.checkpoint->size;
  return now_ms - round_.began_ms >=
         (has_grown ? interval_ms : std::max(interval_ms, kDay_us / 1'000));
}

void TimeStamps::step() {
  const LedgerView view = log_.view();
  const format::Policy& policy = view.retention->policy();
  const std::uint64_t now_ms = options_.clock->steady_ms();
  if (!can_ask(policy)) return;
  if (is_round_due(now_ms)) {
    round_ = Round{view.newest->checkpoint, {}, now_ms, 0, 0, 0, !options_.has_ended};
    round_.given.resize(options_.authorities.size());
  }
  const auto is_missing = [](const auto& given) { return !given.has_value(); };
  if (std::ranges::any_of(round_.given, is_missing) && now_ms >= round_.again_ms) {
    for (std::size_t i = 0; i < round_.given.size() && !cancelled_; ++i)
      if (!round_.given[i]) ask(i, policy);
    if (cancelled_) return;
    const std::uint64_t longer_ms = kRetry_ms << std::min(round_.failures++, kDoublingMax);
    round_.again_ms =
        options_.clock->steady_ms() + std::min(longer_ms, options_.interval_s * 1'000);
    keep(policy);
  }
  if (now_ms >= round_.record_again_ms) record(*view.retention);
}

void TimeStamps::ask(std::size_t authority, const format::Policy& policy) {
  const TimeQuestion question{*round_.checkpoint, random_nonce(*options_.random), policy.sources};
  const Buffer query = format::time_query(*round_.checkpoint, question.nonce);
  const std::uint64_t asked_us = options_.clock->now_us();
  const Peer& peer = options_.authorities[authority];
  const auto response = post(peer, kTimeQueryType, query, options_.bounds, cancelled_);
  if (cancelled_) return;  // what was broken off is nobody's failure
  if (!response)
    return take(authority, {std::nullopt, NoStamp::kAway, without_path(peer, response.error())},
                asked_us);
  take(authority, judge_time_reply(*response, question), asked_us);
}

void TimeStamps::take(std::size_t authority, TimeAnswer answer, std::uint64_t asked_us) {
  const std::uint64_t now_us = options_.clock->now_us();
  const MutexLock lock(mutex_);
  TimeAuthorityStatus& status = status_.authorities[authority];
  if (!answer.stamp) {
    ++status.failures[static_cast<std::size_t>(answer.reason)];
    if (status.trouble != answer.why)  // each thing once until something else happens
      say(Level::kWarning, "time_authority_in_trouble", status.name, answer.why);
    status.trouble = std::move(answer.why);
    return;
  }
  if (!status.trouble.empty())
    say(Level::kInfo, "time_authority_stamps", status.name, "it gives time stamps again");
  status.trouble.clear();
  status.stamped_s = now_us / kMicrosecond;
  note_clock(status, clock_offset_us(answer.stamp->said, asked_us, now_us));
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
    if (!given || (agreeing && given->clock_is_off) || !names(policy, given->stamp.said.key))
      continue;
    const auto same = [&](const TimeStamp& one) { return one.said.key == given->stamp.said.key; };
    if (std::ranges::none_of(stamps, same)) stamps.push_back(given->stamp);
  }
  return stamps;
}

void TimeStamps::keep(const format::Policy& policy) {
  const std::vector<TimeStamp> stamps = stamps_for(policy, false);
  if (stamps.size() < policy.quorum) return;
  format::StampedCheckpoint stamped{*round_.checkpoint, {}};
  std::uint64_t time_us = 0;
  for (const TimeStamp& stamp : stamps) {
    stamped.tokens.push_back(stamp.token);
    time_us = std::max(time_us, latest_us(stamp.said));
  }
  std::string text = format::stamped_checkpoint_text(stamped);
  if (text == kept_text_ || file_is_left_alone_) return;
  if (const auto kept = env::write_durably(files_, options_.kept_name, bytes_of(text)); !kept)
    return say(Level::kError, "timestamps_not_kept", "",
               files_.system_path(options_.kept_name) + ": " + kept.error().message);
  kept_text_ = text;
  const MutexLock lock(mutex_);
  newest_ = std::make_shared<const std::string>(std::move(text));
  status_.size = stamped.checkpoint.size;
  status_.time_us = time_us;
}

/// Compared with the authorities' own times, so neither this machine's clock nor a restart moves the day. A log
/// that has grown by nothing but the evidence before has nothing that it is about.
bool TimeStamps::is_evidence_due(const rules::Retention& retention,
                                 const std::vector<TimeStamp>& stamps) const {
  if (!retention.statements().empty()) return false;  // the next clock record carries what there is
  const auto& bounds = retention.timeline().bounds();
  if (bounds.empty()) return true;
  const auto is_new = [&](const rules::Month& month) {
    return month.first.value >= bounds.back().size.value;
  };
  const auto begun = static_cast<std::uint64_t>(std::ranges::count_if(retention.months(), is_new));
  const std::uint64_t own =
      kClocksOfEvidence + retention.sources().size() + kRecordsOfAMonth * begun;
  const auto is_a_day_later = [&](const TimeStamp& stamp) {
    return stamp.said.time_us >= bounds.back().latest_us + kDay_us;
  };
  return round_.checkpoint->size.value > bounds.back().size.value + own &&
         std::ranges::all_of(stamps, is_a_day_later);
}

void TimeStamps::record(const rules::Retention& retention) {
  const format::Policy& policy = retention.policy();
  if (!round_.is_to_record || stamps_for(policy, false).size() < policy.quorum) return;
  const std::vector<TimeStamp> stamps = stamps_for(policy, true);
  std::string trouble;
  if (stamps.size() < policy.quorum) {
    trouble = "too few of the authorities' clocks agree with this machine's";
  } else if (is_evidence_due(retention, stamps)) {
    const auto given = give(stamps);
    trouble = given ? "" : given.error().message;
    round_.is_to_record = !given && given.error().code == Code::kBusy;
    round_.record_again_ms = options_.clock->steady_ms() + kRetry_ms;
  }
  const MutexLock lock(mutex_);
  if (!trouble.empty() && status_.evidence_trouble != trouble)
    say(Level::kWarning, "time_evidence_refused", "",
        trouble + ": see docs/operating/time-stamps.md");
  status_.evidence_trouble = std::move(trouble);
}

Result<void> TimeStamps::give(const std::vector<TimeStamp>& stamps) {
  std::vector<std::string> texts;
  for (const TimeStamp& stamp : stamps)
    texts.push_back(format::timestamp_text({*round_.checkpoint, stamp.token}));
  const auto answer = std::make_shared<std::promise<Result<Appended>>>();
  auto future = answer->get_future();
  log_.append_timestamps(std::move(texts),
                         [answer](Result<Appended> done) { answer->set_value(std::move(done)); });
  const Result<Appended> done = future.get();
  if (!done) return done.error();
  journal_.write(Level::kInfo, "time_evidence_recorded",
                 {{"log", options_.log}, {"record", done->first.value}, {"stamps", done->count}});
  const MutexLock lock(mutex_);
  ++status_.recorded;
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
  StampedStatus status = status_;
  if (status.trouble.empty()) status.trouble = kept_trouble_;
  return status;
}

}  // namespace varve::api
