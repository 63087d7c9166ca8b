// The thread behind a scrub.
#include "ledger/upkeep/scrubber.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ledger/base/trouble.h"
#include "ledger/env/thread.h"
#include "ledger/format/audit_run.h"
#include "ledger/store/segment_files.h"
#include "ledger/upkeep/append_and_wait.h"

namespace varve::upkeep {
namespace {

constexpr double kMicroseconds = 1e6;  // in a second
constexpr std::uint64_t kMicrosecondsPerSecond = 1'000'000;
constexpr double kStartShare = 0.001;  // of the period: a start has other things to read
constexpr double kLateShare = 0.1;     // of the period, at least: a late scrub does not hurry more
/// Of segments that are disposed of, whatever a token still has.
class NoKeys final : public env::KeyVault {
 public:
  Result<Buffer> wrap(std::string_view, Bytes) override { return gone(); }
  Result<env::SecretBytes> unwrap(std::string_view, Bytes) override { return gone(); }

 private:
  static Error gone() { return not_found("the segment's month was disposed of"); }
};

constexpr double kTryAgainShare = 0.0001;  // of the period: the token or the disk did not answer

}  // namespace

Scrubber::Scrubber(const LogOptions& options, const Environment& environment,
                   const state::Storage& storage, Keys keys, Record record)
    : options_(options),
      env_(environment),
      storage_(storage),
      keys_(std::move(keys)),
      record_(std::move(record)) {}

Result<void> Scrubber::start() {
  if (options_.scrub_period_s == 0) return {};
  auto loaded = store::load_scrub_state(env_.files);
  if (loaded) {
    state_ = std::move(*loaded);
  } else {
    if (is_trouble(loaded.error())) return std::move(loaded).error();
    RETURN_IF_ERROR(begin_again(loaded.error()));
  }
  started_us_ = env_.clock.now_us();
  show();
  ASSIGN_OR_RETURN(thread_, env::start_thread([this] { run(); }));
  return {};
}

/// The state may name damaged files, also where a later version wrote it: it is not written over.
Result<void> Scrubber::begin_again(const Error& why) {
  RETURN_IF_ERROR(store::keep_scrub_state_aside(env_.files));
  if (env_.notice)
    env_.notice("scrub_begins_again", why.message + ": it is kept as " + store::kKeptScrubState +
                                          ". Damage that it names is not known any more until the "
                                          "scrub has read those files again");
  return {};
}

void Scrubber::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Scrubber::report(LogStatus& status) const {
  const MutexLock lock(mutex_);
  status.scrub = seen_;
}

void Scrubber::run() {
  const auto period_s = static_cast<double>(options_.scrub_period_s);
  if (!pause(period_s * kStartShare) || !read_again_what_was_damaged()) return;
  for (;;) {
    if (state_.began_us == 0 && !begin_pass()) return;
    if (!read_segments() || !record_pass() || !wait_until_next_pass()) return;
    state_.began_us = 0;
  }
}

/// Returns false when the log stops.
bool Scrubber::begin_pass() {
  auto position = storage_.catalogue->position();
  for (; !position; position = storage_.catalogue->position())
    if (!pause(static_cast<double>(options_.scrub_period_s) * kTryAgainShare)) return false;
  state_.began_us = env_.clock.now_us();
  state_.segments = position->next_ordinal;
  state_.next = state_.size = state_.bytes = state_.destroyed = 0;
  save();
  return true;
}

/// A segment that was repaired is not called damaged until its turn comes.
bool Scrubber::read_again_what_was_damaged() {
  bytes_per_s_ = 0;
  std::vector<std::uint64_t> ordinals;
  for (const auto& [ordinal, names] : state_.damaged) ordinals.push_back(ordinal);
  SegmentScrub scrubbed;
  return std::ranges::all_of(ordinals, [&](std::uint64_t k) { return scrub_one(k, scrubbed); });
}

/// Each segment gets an even share of the time that is left.
void Scrubber::choose_pace() {
  const auto period_s = static_cast<double>(options_.scrub_period_s);
  const auto now_us = static_cast<double>(env_.clock.now_us());
  const double passed_s = (now_us - static_cast<double>(state_.began_us)) / kMicroseconds;
  const double left_s = std::clamp(period_s - passed_s, period_s * kLateShare, period_s);
  const auto file = store::open_segment(storage_.files, state_.next);
  const auto size = file ? (*file)->size() : Result<ByteOffset>(file.error());
  const auto segments = static_cast<double>(state_.segments - state_.next);
  bytes_per_s_ = size ? static_cast<double>(size->value) * segments / left_s : 0;
}

bool Scrubber::read_segments() {
  while (state_.next < state_.segments) {
    choose_pace();
    SegmentScrub scrubbed;
    if (!scrub_one(state_.next, scrubbed)) return false;
    ++state_.next;
    state_.size = scrubbed.row.end.value;
    state_.bytes += scrubbed.bytes;
    state_.destroyed += scrubbed.destroyed;
    save();
  }
  return true;
}

/// Reads until there is something to say. Returns false when the log stops.
bool Scrubber::scrub_one(std::uint64_t ordinal, SegmentScrub& scrubbed) {
  const ScrubPace pace = [this, ordinal](std::uint64_t bytes) {
    return may_read_on(ordinal, seconds_for(bytes));
  };
  NoKeys no_keys;
  for (bool told = false;;) {
    env::KeyVault& vault = begin_segment(ordinal) ? env_.vault : no_keys;
    auto done = scrub_segment(ordinal, storage_, vault, keys_(), pace);
    end_segment();
    if (done) {
      note(*done);
      scrubbed = std::move(*done);
      return true;
    }
    if (!pause(static_cast<double>(options_.scrub_period_s) * kTryAgainShare)) return false;
    if (done.error().code == Code::kIo && env_.notice && !std::exchange(told, true))
      env_.notice("scrub_waits", store::segment_path(ordinal) + " could not be checked: " +
                                     done.error().message + ". It is tried again and again");
  }
}

void Scrubber::note(const SegmentScrub& scrubbed) {
  const std::uint64_t ordinal = scrubbed.row.ordinal;
  const auto known = state_.damaged.extract(ordinal);
  std::set<std::string> names;
  for (const StoreFinding& finding : scrubbed.findings) {
    names.insert(finding.where);
    const bool told = known && std::ranges::count(known.mapped(), finding.where) > 0;
    if (!told && env_.notice)
      env_.notice("damage_found",
                  finding.where + ": " + finding.what +
                      ". The log goes on. docs/operating/recovery.md says how it is repaired");
  }
  if (!names.empty()) state_.damaged[ordinal].assign(names.begin(), names.end());
  {
    const MutexLock lock(mutex_);
    seen_.bytes += scrubbed.bytes;
  }
  save();
}

/// Only what is in the ledger counts as finished.
bool Scrubber::record_pass() {
  while (state_.segments > 0) {
    if (append_record()) {
      tell_of_pass();
      state_.finished_us = env_.clock.now_us();
      state_.segments = state_.next = state_.size = state_.bytes = state_.destroyed = 0;
      save();
      return true;
    }
    if (!pause(std::max(1.0, static_cast<double>(options_.scrub_period_s) * kTryAgainShare)))
      return false;
  }
  return true;
}

/// The record says what was read and what is damaged; what is hashes only is no damage.
void Scrubber::tell_of_pass() {
  if (state_.destroyed == 0 || !env_.notice) return;
  env_.notice("scrub_finished",
              std::to_string(state_.size) + " records were read again; of " +
                  std::to_string(state_.destroyed) +
                  " only the hashes are left, because the key of their month was destroyed");
}

Result<void> Scrubber::append_record() {
  const format::AuditRun run{options_.origin, state_.began_us,       env_.clock.now_us(),
                             state_.segments, TreeSize{state_.size}, state_.bytes,
                             damaged_files()};
  return append_and_wait(
      [&](AppendDone done) { record_(format::audit_run_text(run), std::move(done)); });
}

bool Scrubber::wait_until_next_pass() {
  const auto passed_us = static_cast<double>(env_.clock.now_us() - state_.began_us);
  const auto period_s = static_cast<double>(options_.scrub_period_s);
  return pause(std::clamp(period_s - passed_us / kMicroseconds, 0.0, period_s));
}

/// Returns false when the log stops.
bool Scrubber::pause(double seconds) {
  const Deadline deadline(
      std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
  const MutexLock lock(mutex_);
  while (!stopping_ && changed_.wait_until(mutex_, deadline)) continue;
  return !stopping_;
}

/// The same, and false when the segment is forgotten: then it is read by its remains.
bool Scrubber::may_read_on(std::uint64_t ordinal, double seconds) {
  const Deadline deadline(
      std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
  const MutexLock lock(mutex_);
  const bool with_key = reading_ == ordinal;
  while (!stopping_ && !(with_key && forgotten_.contains(ordinal)) &&
         changed_.wait_until(mutex_, deadline))
    continue;
  return !stopping_ && !(with_key && forgotten_.contains(ordinal));
}

/// Whether by its key.
bool Scrubber::begin_segment(std::uint64_t ordinal) {
  const MutexLock lock(mutex_);
  if (forgotten_.contains(ordinal)) return false;
  reading_ = ordinal;
  return true;
}

void Scrubber::end_segment() {
  const MutexLock lock(mutex_);
  reading_.reset();
  changed_.notify_all();
}

void Scrubber::forget(const std::set<std::uint64_t>& ordinals) {
  const MutexLock lock(mutex_);
  forgotten_.insert(ordinals.begin(), ordinals.end());
  changed_.notify_all();
  while (reading_ && ordinals.contains(*reading_)) changed_.wait(mutex_);
}

double Scrubber::seconds_for(std::uint64_t bytes) const {
  return bytes_per_s_ > 0 ? static_cast<double>(bytes) / bytes_per_s_ : 0;
}

std::vector<std::string> Scrubber::damaged_files() const {
  std::set<std::string> names;
  for (const auto& [ordinal, files] : state_.damaged) names.insert(files.begin(), files.end());
  return {names.begin(), names.end()};
}

/// A pass may take the whole period, and the next one begins when that is over.
std::uint64_t Scrubber::due_us() const {
  if (state_.began_us == 0) return started_us_ + options_.scrub_period_s * kMicrosecondsPerSecond;
  const std::uint64_t periods = state_.finished_us < state_.began_us ? 1 : 2;
  return state_.began_us + periods * options_.scrub_period_s * kMicrosecondsPerSecond;
}

void Scrubber::show() {
  const MutexLock lock(mutex_);
  seen_.finished_us = state_.finished_us;
  seen_.due_us = due_us();
  seen_.damaged = damaged_files();
}

void Scrubber::save() {
  show();
  // A state that cannot be written costs a restart its place, nothing else.
  static_cast<void>(store::save_scrub_state(env_.files, state_));
}

}  // namespace varve::upkeep
