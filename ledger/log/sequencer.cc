// What a step does, in which order, and what a log does when its token or disk does not answer.
#include "ledger/log/sequencer.h"

#include <algorithm>
#include <utility>

namespace varve::log {
namespace {

constexpr std::uint64_t kRetrySignatureMs = 200;
constexpr std::uint64_t kLookAtHeldMs = 10;
constexpr std::uint64_t kLookAtSegmentMs = 1'000;
constexpr std::uint64_t kLookAtRestMs =
    30'000;                                     // at the segment of a log to which nothing has come
constexpr std::uint64_t kShareOfRest = 4;       // ... for four times as long
constexpr std::uint64_t kDiskBytesPerByte = 2;  // at most: frames, hashes, lookups of small records
constexpr std::uint64_t kAheadBytesMax = 32u << 20;  // written before its signature is asked for
constexpr std::uint64_t kSealingShare = 4;           // of the reserve
constexpr std::uint64_t kOwnRecordsMost =
    8;  // that nobody asked for: a clock, a secret, their seals
constexpr std::uint64_t kOwnOfItemMost = 3;  // with no bytes counted: hold and text, or a seal

void refuse_all(std::vector<Item>& items, const Error& why) {
  for (Item& item : items) item.done(why);
  items.clear();
}

bool is_control(const Item& item) {
  return std::holds_alternative<ControlNote>(item.what) ||
         std::holds_alternative<TimeStatements>(item.what);
}

bool brings_key_event(const Item& item) {
  const auto* const note = std::get_if<ControlNote>(&item.what);
  return note != nullptr && is_key_event(*note);
}

}  // namespace

Sequencer::Sequencer(const LogOptions& options, const Environment& environment,
                     state::Storage& storage, state::Start start, BackgroundTask& side)
    : options_(options),
      env_(environment),
      storage_(storage),
      committer_(options_, environment, storage, std::move(start), side) {}

Result<void> Sequencer::start() {
  committer_.watch_clock();
  last_item_ms_ = env_.clock.steady_ms();
  // A log that has a checkpoint opens without its token too: reads go on, and a key that is lost for
  // good can leave.
  if (auto signed_tail = committer_.drain(); !signed_tail) {
    const bool may_wait = signed_tail.error().code == Code::kBusy && storage_.latest() != nullptr;
    if (!may_wait) return signed_tail;
    if (env_.notice) env_.notice("tail_not_signed", signed_tail.error().message);
  }
  if (committer_.size() == TreeSize{0}) RETURN_IF_ERROR(create_log());
  update_counts();
  return {};
}

/// Record 0 creates the first key, record 1 says how long the log keeps what. The key signs both, and
/// the checkpoint over them.
Result<void> Sequencer::create_log() {
  const format::KeyEvent event{format::KeyAction::kCreate,
                               options_.origin,
                               options_.first_key,
                               {},
                               options_.first_statement};
  format::Policy policy = options_.first_policy;
  policy.origin = options_.origin;
  policy.key = options_.first_key;
  std::vector<ControlNote> notes;
  for (auto& [kind, text] : {std::pair(format::Kind::kKeyEvent, format::key_event_text(event)),
                             std::pair(format::Kind::kPolicy, format::policy_text(policy))}) {
    ASSIGN_OR_RETURN(const format::Note note, sign_first(text));
    notes.push_back({kind, format::format_note(note)});
  }
  std::optional<Error> failed;
  RETURN_IF_ERROR(committer_.prepare(kOwnRecordsMost));
  GroupBuilder group = committer_.begin();
  const AppendDone done = [&failed](Result<Appended> outcome) {
    if (!outcome) failed = std::move(outcome).error();
  };
  for (ControlNote& note : notes) admit({std::move(note), done, 0, {}, {}}, group);
  if (failed) return *failed;
  RETURN_IF_ERROR(committer_.write(group.finish()));
  RETURN_IF_ERROR(committer_.drain());
  if (failed) return *failed;
  return {};
}

Result<format::Note> Sequencer::sign_first(const std::string& text) {
  const format::VerifierKey& key = options_.first_key;
  ASSIGN_OR_RETURN(Buffer signature, env_.signer.sign(key.key, bytes_of(text)));
  return format::Note{text, {{key.name, key.id, std::move(signature)}}};
}

/// A missing signature comes first. One that is being made only when it has to: a key event changes
/// whose it is, and what is written ahead of it is bounded. Then the token gets what was synced ahead
/// meanwhile: it is not to wait until these items are written too.
Result<void> Sequencer::ready(const std::vector<Item>& items) {
  RETURN_IF_ERROR(committer_.check_writer());
  if (!committer_.is_signing())
    return committer_.needs_signature() ? committer_.drain() : Result<void>();
  const bool key_event = std::ranges::any_of(items, brings_key_event);
  if (!key_event && !committer_.is_signed() && committer_.written_bytes() < kAheadBytesMax)
    return {};
  RETURN_IF_ERROR(committer_.take_signature());
  if (committer_.needs_signature() && !key_event) RETURN_IF_ERROR(committer_.commit());
  return committer_.seal_is_due() ? seal() : Result<void>();
}

/// Refuses what does not fit. Below the reserve that is all but control records, which are small,
/// few, and what an operator may need now; below a quarter of it everything: the rest is for
/// sealing, the catalogue and a recovery.
void Sequencer::refuse_what_does_not_fit(std::vector<Item>& items) {
  const auto free = env_.files.free_bytes();
  if (!free) return refuse_all(items, free.error());
  std::uint64_t wanted = committer_.written_bytes();  // its hashes may not be written yet
  for (const Item& item : items) wanted += kDiskBytesPerByte * item.size_bytes;
  {
    const MutexLock lock(status_mutex_);
    status_.free_bytes = *free;
  }
  if (*free >= options_.reserve_bytes + wanted) return;
  const Error why = full("the disk has " + std::to_string(*free >> 20) + " MiB left, " +
                         std::to_string(options_.reserve_bytes >> 20) +
                         " MiB are kept in reserve: make space, then repeat the request");
  if (*free < options_.reserve_bytes / kSealingShare) return refuse_all(items, why);
  std::vector<Item> control;
  std::vector<Item> others;
  for (Item& item : items) (is_control(item) ? control : others).push_back(std::move(item));
  refuse_all(others, why);
  items = std::move(control);
}

/// When a key cannot sign, what can help is a key event by which it leaves: those go on, all else is
/// refused. Returns whether there is one.
bool Sequencer::keep_key_removals(std::vector<Item>& items, const Error& why) {
  std::vector<Item> help;
  std::vector<Item> others;
  for (Item& item : items) {
    const auto* const note = std::get_if<ControlNote>(&item.what);
    const bool leaves = note != nullptr && removes_key(*note);
    (leaves ? help : others).push_back(std::move(item));
  }
  refuse_all(others, why);
  items = std::move(help);
  return !items.empty();
}

void Sequencer::step(std::vector<Item> items) {
  committer_.watch_clock();
  if (!items.empty()) last_item_ms_ = env_.clock.steady_ms();
  Result<void> ok = ready(items);
  const bool helps =
      !ok && committer_.at().older == Stage::kUnsigned && keep_key_removals(items, ok.error());
  if (helps) ok = {};
  update_counts();
  if (ok && !items.empty()) refuse_what_does_not_fit(items);
  // Months end between appends, so the segment is another before the first one of a month.
  if (ok && !helps && !items.empty() && committer_.month_is_over()) ok = seal();
  if (ok && !items.empty()) ok = committer_.prepare(records_most(items));
  if (ok && !items.empty()) ok = write_group(items);
  if (ok && !committer_.is_signing())
    ok = helps ? committer_.drain() : committer_.commit();
  else if (ok && !committer_.is_signed())
    ok = committer_.sync_ahead();
  if (!ok) refuse_all(items, ok.error());
  refuse_expired();
  const bool ahead = committer_.is_signing() && committer_.written_bytes() != 0;
  if (ok && committer_.seal_is_due() && !ahead)
    ok = seal();
  else if (ok && !committer_.is_signing())
    ok = committer_.settle();  // nothing was committed
  update_counts();
}

/// Nothing can be written until all that is there is signed. So what was written ahead comes to its
/// turn first (ready()): else a seal would wait for two signatures.
Result<void> Sequencer::seal() {
  RETURN_IF_ERROR(committer_.drain());
  return committer_.seal();
}

/// No fewer than these items, and what they let go on, become.
std::uint64_t Sequencer::records_most(const std::vector<Item>& items) const {
  std::uint64_t bytes = holding_.bytes();
  for (const Item& item : items) bytes += item.size_bytes;
  return bytes / format::kRecordFixedSize + kOwnOfItemMost * items.size() + kOwnRecordsMost;
}

Result<void> Sequencer::write_group(std::vector<Item>& items) {
  GroupBuilder group = committer_.begin();
  for (Item& item : std::exchange(items, {})) admit(std::move(item), group);
  return committer_.write(finish_group(group));
}

/// Senders join here, and their numbers go on.
Group Sequencer::finish_group(GroupBuilder& group) {
  const WriterLock lock(state_mutex_);
  return group.finish();
}

void Sequencer::admit(Item item, GroupBuilder& group) {
  std::optional<Item> next(std::move(item));
  while (next) {
    const auto* batch = std::get_if<format::SealedBatch>(&next->what);
    const SourceId source = batch != nullptr ? batch->seal.source : format::kLogItself;
    const std::uint64_t sequence = batch != nullptr ? batch->seal.sequence : 0;
    bool admitted = false;
    {
      const WriterLock lock(state_mutex_);
      admitted = group.admit(*next);
    }
    if (!admitted) {
      next = holding_.hold(std::move(*next), env_.clock.steady_ms() + options_.reorder_wait_ms);
      if (next) next->done(out_of_order("batches before this one are missing"));
      return;
    }
    if (source == format::kLogItself) return;
    next = holding_.take(source, sequence + 1);
  }
}

void Sequencer::refuse_expired() {
  for (Item& item : holding_.expired(env_.clock.steady_ms())) {
    const format::Seal& seal = std::get<format::SealedBatch>(item.what).seal;
    const auto why = committer_.state().may_follow(seal);
    item.done(why ? busy("send this batch again") : why.error());
  }
}

void Sequencer::finish() {
  auto ok = committer_.drain();
  std::vector<Item> held = holding_.expired(~std::uint64_t{0});
  refuse_all(held, busy("the server is stopping"));
  if (ok) ok = committer_.seal();
  committer_.catalogue_segment();
  committer_.update_derived();
  update_counts();
  const MutexLock lock(status_mutex_);
  status_.state = LogState::kStopped;
}

std::uint64_t Sequencer::idle_ms() const {
  if (committer_.needs_signature()) return kRetrySignatureMs;
  if (!holding_.empty()) return kLookAtHeldMs;
  const std::uint64_t rest_ms = env_.clock.steady_ms() - last_item_ms_;
  return std::clamp(rest_ms / kShareOfRest, kLookAtSegmentMs, kLookAtRestMs);
}

Result<SourceState> Sequencer::newest_source(SourceId id) const {
  const ReaderLock lock(state_mutex_);
  return committer_.state().source(id);
}

rules::KeyHistory Sequencer::newest_keys() const {
  const ReaderLock lock(state_mutex_);
  return committer_.state().keys();
}

/// The counts are the last step's. The state is now's: whoever was refused finds the reason here.
LogStatus Sequencer::status() const {
  LogStatus status;
  {
    const MutexLock lock(status_mutex_);
    status = status_;
  }
  committer_.report_clock(status);
  if (status.state == LogState::kStopped) return status;
  const CommitState now = committer_.at();
  if (now == at::kFaulted) {
    status.state = LogState::kFaulted;
    status.reason = committer_.fault()->message;
  } else if (const std::string why = committer_.unsigned_because();
             now.older == Stage::kUnsigned || !why.empty()) {  // also while it is asked again
    status.state = LogState::kSignerDown;
    status.reason = "the token gives no signature; appends are refused until it does";
    if (!why.empty()) status.reason.append(": ").append(why);
  }
  return status;
}

void Sequencer::update_counts() {
  const MutexLock lock(status_mutex_);
  status_.signatures = committer_.signatures();
  status_.signature_failures = committer_.signature_failures();
  status_.groups = committer_.groups();
  status_.records = committer_.records();
  status_.segments = committer_.segments();
}

}  // namespace varve::log
