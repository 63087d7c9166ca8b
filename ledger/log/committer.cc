// The commit protocol.
#include "ledger/log/committer.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace varve::log {
namespace {

bool is_body(Bytes stored, const std::vector<store::Piece>& body) {
  for (const store::Piece& piece : body) {
    const std::size_t size = piece.plain.size();
    if (stored.size() < size || std::memcmp(stored.data(), piece.plain.data(), size) != 0)
      return false;
    stored = stored.subspan(size);
  }
  return stored.empty();
}

/// Two who want to know.
struct Both final : merkle::NodeSink {
  Both(merkle::NodeSink& a, merkle::NodeSink& b) : first(a), second(b) {}
  void completed(merkle::NodeId id, const Hash& hash) override {
    first.completed(id, hash);
    second.completed(id, hash);
  }
  merkle::NodeSink& first;
  merkle::NodeSink& second;
};

std::uint64_t size_of(const std::vector<store::Piece>& body) {
  std::uint64_t size = 0;
  for (const store::Piece& piece : body) size += piece.plain.size();
  return size;
}

}  // namespace

/// One checkpoint on its way to the token and back. sign() runs beside everything else, and changes
/// nothing but `note`, `asked` and `failed`.
struct Committer::Signing {
  Signing(const format::Checkpoint& of, std::vector<format::VerifierKey> by, env::Signer& token)
      : checkpoint(of), keys(std::move(by)), signer(token), note{format::checkpoint_text(of), {}} {}

  void sign() {
    if (auto ok = sign_by_each(); !ok) failed = std::move(ok).error();
  }
  Result<void> sign_by_each() {
    for (const format::VerifierKey& key : keys) {
      ++asked;
      ASSIGN_OR_RETURN(Buffer signature, signer.sign(key.key, bytes_of(note.text)));
      if (!format::verify_signature(key, bytes_of(note.text), signature))
        return busy("the token gave a signature that does not verify");
      note.signatures.push_back({key.name, key.id, std::move(signature)});
    }
    return {};
  }

  const format::Checkpoint checkpoint;
  const std::vector<format::VerifierKey> keys;
  env::Signer& signer;
  format::Note note;
  std::uint64_t asked = 0;
  std::optional<Error> failed;
  std::vector<Waiter> waiters;  // of the records that it covers
  std::shared_ptr<const merkle::GrownEdge> grown;  // by those
};

Committer::Committer(const LogOptions& options, const Environment& environment, Storage& storage,
                     Start start, SideRunner& side)
    : options_(options),
      env_(environment),
      storage_(storage),
      side_(side),
      state_(std::move(start.state)),
      tree_(std::move(start.tree)),
      mark_(start.mark),
      needs_signature_(start.unsigned_tail),
      clock_(environment.clock, environment.notice, start.newest) {
  storage_.show_sources(state_.sources());
  if (needs_signature_) at_ = CommitState::kUnsigned;
}

void Committer::move_to(CommitState next) {
  CHECK(may_move(at_, next));
  at_ = next;
}

void Committer::tell(std::vector<Waiter>& waiters, const Error& why) {
  for (Waiter& waiter : std::exchange(waiters, {})) waiter.done(why);
}

Error Committer::fail(Error why) {  // I5
  fault_ = Error{Code::kIo, "the log stopped: " + why.message + "; restart to recover from disk"};
  if (env_.notice) env_.notice("log_stopped", fault_->message);
  move_to(CommitState::kFaulted);
  tell(pending_waiters_, *fault_);
  if (signing_) tell(std::exchange(signing_, nullptr)->waiters, *fault_);
  tell(waiters_, *fault_);
  return *fault_;
}

Result<void> Committer::check_writer() {  // I6
  if (fault_) return *fault_;
  if (auto sole = storage_.writer.check(); !sole) return fail(std::move(sole).error());
  return {};
}

Result<void> Committer::prepare() {
  if (fault_) return *fault_;
  RETURN_IF_ERROR(check_record());
  if (segment_) return {};
  RETURN_IF_ERROR(check_writer());
  store::SegmentHeader header;
  header.ordinal = mark_.next_ordinal;
  header.first = end_of(mark_.size);
  clock_.date(header);
  header.origin = merkle::sha256(bytes_of(options_.origin));
  header.previous = mark_.chain;
  auto key = storage_.data_keys->create(header);
  if (!key && key.error().code == Code::kWorm) return clock_.refuse(header.month);
  if (!key) return std::move(key).error();
  auto created = store::SegmentWriter::create(env_.files, header, std::move(*key));
  if (!created) {  // nobody was promised anything in it: away with it, or stop
    if (created.error().code != Code::kFull) return fail(std::move(created).error());
    const auto removed = env_.files.remove(store::segment_path(header.ordinal));
    const bool gone = removed || removed.error().code == Code::kNotFound;
    return gone ? std::move(created).error() : fail(std::move(created).error());
  }
  segment_ = std::move(*created);
  clock_.opened(header);
  storage_.open_segment({header.ordinal, header.first, end_of(tree_.size())});
  return {};
}

GroupBuilder Committer::begin() {
  CHECK(segment_);
  if (!signing_ && at_ != CommitState::kBatching) move_to(CommitState::kBatching);
  LeafIndex first = end_of(tree_.size());
  for (const Written& written : written_) first.value += written.leaves.size();
  return {state_, storage_, env_.random, env_.clock.now_us(), first};
}

Result<void> Committer::write(Group group) {
  std::ranges::move(group.waiters, std::back_inserter(waiters_));
  if (group.count == 0) return {};  // only repetitions: they wait for the checkpoint on its way
  CHECK(group.leaves.size() == group.count);
  auto frame = segment_->write_records(group.first, group.count, group.body);
  if (!frame) return fail(std::move(frame).error());
  written_bytes_ += size_of(group.body);
  written_.push_back({*frame, std::move(group.body), std::move(group.leaves)});
  for (auto& [id, source] : group.sources)
    unpublished_.push_back({TreeSize{group.end().value}, id, std::move(source)});
  FrameFacts facts{*frame, group.end(), std::move(group.batches)};
  facts.add(group.requests);
  storage_.add_frame(facts);
  records_ += group.count;
  return {};
}

Result<void> Committer::commit() {
  CHECK(!signing_);
  if (written_.empty() && !needs_signature_) {  // only repetitions
    if (at_ == CommitState::kBatching)
      move_to(pending_ ? CommitState::kSigned : CommitState::kIdle);
    return {};
  }
  if (written_.empty() && !pending_) {  // all of it is durable, and nothing else would help
    if (at_ == CommitState::kBatching) move_to(CommitState::kUnsigned);
    return ask_for_signature();
  }
  if (at_ != CommitState::kBatching) move_to(CommitState::kBatching);  // written while the token signed
  move_to(CommitState::kWritten);
  if (auto ok = segment_->sync(); !ok) return fail(std::move(ok).error());
  move_to(CommitState::kSynced);
  publish_pending();
  if (auto ok = take_into_tree(); !ok) return fail(std::move(ok).error());
  ++groups_;
  return ask_for_signature();
}

Result<void> Committer::harden() {
  CHECK(signing_ && !pending_);
  std::uint64_t soft = 0;
  for (const Written& written : written_) soft += size_of(written.body);
  if (written_.empty() || soft < options_.harden_bytes) return {};
  if (auto ok = segment_->sync(); !ok) return fail(std::move(ok).error());
  if (auto ok = take_into_tree(); !ok) return fail(std::move(ok).error());
  return {};
}

/// I3: what was hashed, and so what will be signed, is what the file holds. The hashes are those of
/// the admission, which are needed there: to hash once more what was found to be the same took 7 % of
/// a large batch.
Result<void> Committer::take_into_tree() {
  if (!grown_) grown_ = std::make_shared<merkle::GrownEdge>(tree_);
  Both sink(*storage_.hashes, *grown_);
  for (const Written& written : std::exchange(written_, {})) {
    ASSIGN_OR_RETURN(const Buffer stored, segment_->read_back(written.frame));
    if (!is_body(stored, written.body))
      return corrupt("the file does not hold what was written to it");
    tree_.append_all(written.leaves, &sink);
  }
  needs_signature_ = true;
  return storage_.hashes->flush();
}

Result<void> Committer::ask_for_signature() {
  CHECK(needs_signature_ && written_.empty());
  RETURN_IF_ERROR(check_writer());
  const format::Checkpoint checkpoint{options_.origin, tree_.size(), tree_.root()};
  const auto newest = storage_.latest();
  CHECK(!newest || newest->checkpoint.size < checkpoint.size);  // I4
  signing_ = std::make_shared<Signing>(checkpoint, state_.keys().active(), env_.signer);
  signing_->waiters = std::exchange(waiters_, {});
  signing_->grown = std::exchange(grown_, nullptr);
  written_bytes_ = 0;
  side_.start([signing = signing_] { signing->sign(); });
  return {};
}

Result<void> Committer::take_signature() {
  CHECK(signing_);
  side_.wait();
  const std::shared_ptr<Signing> signing = std::exchange(signing_, nullptr);
  signatures_ += signing->asked;
  remember_signer(signing->failed);
  if (signing->failed) {
    if (at_ != CommitState::kUnsigned) move_to(CommitState::kUnsigned);
    const Error why = busy("the checkpoint could not be signed: " + signing->failed->message);
    tell(signing->waiters, why);  // durable, and adopted by the next checkpoint; a repetition will find it
    tell(waiters_, why);          // written meanwhile: likewise
    return why;
  }
  pending_waiters_ = std::move(signing->waiters);
  RETURN_IF_ERROR(prepare());  // after a start: none is open, and nobody waits
  auto published = std::make_shared<Published>();
  published->note = format::format_note(signing->note);
  published->checkpoint = signing->checkpoint;
  const auto frame = segment_->write_checkpoint(published->checkpoint.size, published->note);
  if (!frame) return fail(frame.error());
  move_to(CommitState::kSigned);
  storage_.add_checkpoint(*frame);
  needs_signature_ = signing->checkpoint.size < tree_.size();
  pending_ = std::move(published);
  pending_grown_ = std::move(signing->grown);
  return {};
}

/// The operator hears of it when signatures begin to fail, fail in another way, or come again.
void Committer::remember_signer(std::optional<Error> failure) {
  {
    const std::lock_guard lock(signer_mutex_);
    const bool same = failure.has_value() == signer_failure_.has_value() &&
                      (!failure || failure->code == signer_failure_->code);
    signer_failure_ = failure;
    if (same) return;
  }
  if (!env_.notice) return;
  if (failure)
    env_.notice("signature_missing", "appends are refused: " + failure->message);
  else
    env_.notice("signed_again", "the token signs again");
}

std::string Committer::unsigned_because() const {
  const std::lock_guard lock(signer_mutex_);
  return signer_failure_ ? signer_failure_->message : std::string();
}

/// What readers see of keys and sources is as of the checkpoint: frames may have been written since.
void Committer::publish_pending() {  // I1: the caller has just synced
  if (pending_) {
    const TreeSize size = pending_->checkpoint.size;
    const auto later = std::ranges::find_if(
        unpublished_, [&](const MovedSource& moved) { return size < moved.end; });
    storage_.publish({pending_, state_.keys_at(size)},
                     {std::make_move_iterator(unpublished_.begin()), std::make_move_iterator(later)});
    unpublished_.erase(unpublished_.begin(), later);
  }
  for (Waiter& waiter : std::exchange(pending_waiters_, {})) {
    if (!waiter.appended.repeated) {
      waiter.appended.under = pending_;
      waiter.appended.hashes = pending_grown_;
    }
    waiter.done(std::move(waiter.appended));
  }
  pending_.reset();
  pending_grown_.reset();
}

Result<void> Committer::settle() {
  if (fault_) return *fault_;
  CHECK(!signing_ && written_.empty());
  // Nothing was written for these: what they repeat is under the pending checkpoint, or the one before.
  std::ranges::move(std::exchange(waiters_, {}), std::back_inserter(pending_waiters_));
  const bool pending = pending_ != nullptr;
  if (pending)
    if (auto ok = segment_->sync(); !ok) return fail(std::move(ok).error());
  publish_pending();
  if (!pending) return {};
  move_to(CommitState::kPublished);
  move_to(CommitState::kIdle);
  return {};
}

Result<void> Committer::drain() {
  if (fault_) return *fault_;
  while (signing_ || needs_signature_ || !written_.empty())
    RETURN_IF_ERROR(signing_ ? take_signature() : commit());
  return settle();
}

bool Committer::seal_is_due() const {
  if (!segment_) return false;
  return segment_->end().value >= options_.segment_bytes_max ||
         clock_.is_over(options_.segment_age_max_s);
}

Result<void> Committer::seal() {
  if (fault_) return *fault_;
  if (!segment_) return {};
  RETURN_IF_ERROR(check_writer());
  CHECK(!pending_ && !needs_signature_ && written_.empty());
  record();  // of the one before, when nobody has come to it
  RETURN_IF_ERROR(check_record());
  const Hash chain = segment_->chain();
  const auto sealed =
      segment_->seal(make_footer(storage_, tree_, segment_->end(), chain));
  if (!sealed) return fail(sealed.error());
  note_sealed(storage_, env_, *sealed);
  segment_.reset();
  const std::lock_guard lock(record_mutex_);
  closed_ = close_segment(storage_, state_, tree_, chain);
  mark_ = closed_.mark;
  record_ = Record::kDue;
  return {};
}

void Committer::record() {
  const std::lock_guard lock(record_mutex_);
  if (record_ != Record::kDue) return;
  auto recorded = storage_.writer.check();
  if (recorded) recorded = record_closed(storage_, closed_);
  if (!recorded) record_error_ = std::move(recorded).error();
  record_ = recorded ? Record::kNone : Record::kFailed;
}

void Committer::update_lookups() {
  if (at_ == CommitState::kFaulted) return;  // I5
  storage_.follow_with_derived(env_.notice);
}

Result<void> Committer::check_record() {
  if (record_ == Record::kFailed) return fail(record_error_);
  return {};
}

}  // namespace varve::log
