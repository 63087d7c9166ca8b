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

/// Passes each node on to two sinks.
struct TeeSink final : merkle::NodeSink {
  TeeSink(merkle::NodeSink& a, merkle::NodeSink& b) : first(a), second(b) {}
  void completed(merkle::NodeId id, const Hash& hash) override {
    first.completed(id, hash);
    second.completed(id, hash);
  }
  merkle::NodeSink& first;
  merkle::NodeSink& second;
};

void fail_all(std::vector<PendingReply> replies, const Error& why) {
  for (PendingReply& reply : replies) reply.done(why);
}

std::uint64_t size_of(const std::vector<store::Piece>& body) {
  std::uint64_t size = 0;
  for (const store::Piece& piece : body) size += piece.plain.size();
  return size;
}

}  // namespace

Committer::Committer(const LogOptions& options, const Environment& environment,
                     state::Storage& storage, state::Start start, BackgroundTask& side)
    : options_(options),
      env_(environment),
      storage_(storage),
      side_(side),
      state_(std::move(start.state)),
      tree_(std::move(start.tree)),
      position_(start.position),
      clock_(environment.clock, environment.notice, std::move(start.earlier)) {
  state_.show_retention(tree_.size());
  storage_.show(state_.sources(), state_.retention_at(tree_.size()), state_.grants_at(tree_.size()),
                state_.indexed_at(tree_.size()), state_.witnessed_at(tree_.size()));
  if (start.unsigned_tail) older_ = UnsignedGroup{{}, tree_.size(), ByteOffset{0}};
  at_ = state_of(older_, newer_);
}

/// To be called before a step does anything.
void Committer::expect(CommitStep step) const {
  CHECK(may_step(at_, step));  // I5: none may be taken from Faulted
}

/// To be called after it: the two groups are in the stages that the table says.
void Committer::done(CommitStep step) {
  CHECK(state_of(older_, newer_) == after(at_, step));
  at_ = after(at_, step);
}

/// Tells everyone who waits, and those of `also`.
Error Committer::fail(Error why, std::vector<PendingReply> also) {
  fault_ = Error{Code::kIo, "the log stopped: " + why.message + "; restart to recover from disk"};
  if (env_.notice) env_.notice("log_stopped", fault_->message);
  desk_->close();  // a signature that is still being made comes too late
  at_ = at::kFaulted;
  fail_all(take_replies(older_, newer_), *fault_);
  fail_all(std::move(also), *fault_);
  return *fault_;
}

Result<void> Committer::check_writer() {  // I6
  if (fault_) return *fault_;
  if (auto sole = storage_.writer.check(); !sole) return fail(std::move(sole).error());
  return {};
}

// A hash file that is opened later, when what is to go into it is written, could only stop the log.
Result<void> Committer::prepare(std::uint64_t records_most) {
  if (fault_) return *fault_;
  RETURN_IF_ERROR(check_cataloguing());
  RETURN_IF_ERROR(storage_.hashes->open_up_to(
      TreeSize{tree_.size().value + records_written(newer_) + records_most}));
  if (segment_) return {};
  RETURN_IF_ERROR(check_writer());
  store::SegmentHeader header;
  header.ordinal = position_.next_ordinal;
  header.first = end_of(position_.size);
  header.created_us = clock_.reading_us(state_.retention());
  const KeyPeriod period = period_of(header.created_us);
  header.month = period.number;
  header.key_minutes = period.minutes;
  header.origin = merkle::sha256(bytes_of(options_.origin));
  header.previous = position_.chain;
  auto key = storage_.data_keys->create(header);
  if (!key && key.error().code == Code::kWorm) return refuse_month(period);
  if (!key) return std::move(key).error();
  auto created = store::SegmentWriter::create(env_.files, header, std::move(*key));
  if (!created) {  // nobody was promised anything in it: away with it, or stop
    if (created.error().code != Code::kFull) return fail(std::move(created).error());
    const auto removed = env_.files.remove(store::segment_path(header.ordinal));
    const bool gone = removed || removed.error().code == Code::kNotFound;
    return gone ? std::move(created).error() : fail(std::move(created).error());
  }
  segment_ = std::move(*created);
  opened_us_ = clock_.moment().running_us;
  begins_segment_ = true;
  refused_.reset();
  storage_.open_segment({header.ordinal, header.first, end_of(tree_.size())});
  return {};
}

/// The first policy is a record of the first segment, so that one goes by what it will say.
KeyPeriod Committer::period_of(std::uint64_t reading_us) const {
  const bool is_new = tree_.size() == TreeSize{0};
  const format::Policy& policy = is_new ? options_.first_policy : state_.retention().policy();
  return key_period_of(reading_us, format::key_period(policy, 0).minutes);
}

/// Only in a log that is older than its clock records: nothing goes into a month twice.
Error Committer::refuse_month(KeyPeriod period) {
  Error why = busy("the compliance clock is in " + key_period_text(period) +
                   ", whose key was destroyed: appends are refused until that month is over");
  if (refused_ != period && env_.notice) env_.notice("month_disposed_of", why.message);
  refused_ = period;
  return why;
}

/// A clock record that would begin another month than the segment's waits for the next segment.
GroupBuilder Committer::begin() {
  CHECK(segment_);
  const bool clock_is_due =
      (begins_segment_ || clock_.is_due(state_.retention())) && !month_is_over();
  const LeafIndex first{tree_.size().value + records_written(newer_)};
  return {state_, storage_, env_.random, clock_, clock_is_due, first, options_.senders_max};
}

Result<void> Committer::write(Group group) {
  if (group.count == 0) {  // only repetitions: they wait for the checkpoint on its way
    wait_with(older_, newer_, std::move(group.replies));
    return {};
  }
  expect(CommitStep::kWrite);
  CHECK(takes(at_, group.key_change));
  CHECK(group.leaves.size() == group.count);
  auto frame = segment_->write_records(group.first, group.count, group.body);
  if (!frame) return fail(std::move(frame).error(), std::move(group.replies));
  Cargo cargo{std::move(group.replies), {}, nullptr, size_of(group.body)};
  for (auto& [id, source] : group.sources)
    cargo.moved.push_back({TreeSize{group.end().value}, id, std::move(source)});
  state::FrameFacts facts{*frame, group.end(), std::move(group.batches)};
  facts.add(group.requests);
  storage_.add_frame(facts);
  records_ += group.count;
  begins_segment_ = false;
  newer_ = write_behind(std::move(newer_), {*frame, std::move(group.body), std::move(group.leaves)},
                        std::move(cargo));
  done(CommitStep::kWrite);
  return {};
}

Result<void> Committer::commit() {
  CHECK(!is_signing());
  if (at() == at::kIdle || at() == at::kPending) return {};  // only repetitions
  if (at() != at::kUnsigned) {
    RETURN_IF_ERROR(sync());
    ++groups_;
  }
  return ask_for_signature();
}

Result<void> Committer::sync_ahead() {
  CHECK(is_signing());
  const auto* const ahead = std::get_if<WritingGroup>(&newer_);
  if (ahead == nullptr) return {};
  std::uint64_t soft = 0;
  for (const WrittenFrame& frame : ahead->frames) soft += size_of(frame.body);
  return soft < options_.sync_ahead_bytes ? Result<void>() : sync();
}

Result<void> Committer::sync() {
  expect(CommitStep::kSync);
  if (auto ok = segment_->sync(); !ok) return fail(std::move(ok).error());
  if (std::holds_alternative<PendingGroup>(older_)) publish_older();
  if (auto* writing = std::get_if<WritingGroup>(&newer_)) {
    auto durable = take_into_tree(*writing);
    if (!durable) return fail(std::move(durable).error());
    newer_ = std::move(*durable);
  }
  if (auto* left = std::get_if<UnsignedGroup>(&older_)) {
    newer_ = adopt(std::move(*left), std::get<DurableGroup>(std::move(newer_)));
    older_ = {};
  }
  done(CommitStep::kSync);
  return {};
}

/// I3: what was hashed, and so what will be signed, is what the file holds. The hashes are those of
/// the admission, which are needed there: to hash once more what was found to be the same took 7 % of
/// a large batch.
Result<DurableGroup> Committer::take_into_tree(WritingGroup& group) {
  if (!group.cargo.nodes) group.cargo.nodes = std::make_shared<merkle::NewNodes>(tree_);
  TeeSink sink(*storage_.hashes, *group.cargo.nodes);
  for (const WrittenFrame& frame : std::exchange(group.frames, {})) {
    CHECK(frame.frame.first == tree_.size().value);  // I3: no frame is left out
    ASSIGN_OR_RETURN(const Buffer stored, segment_->read_back(frame.frame));
    if (!is_body(stored, frame.body))
      return corrupt("the file does not hold what was written to it");
    tree_.append_all(frame.leaves, &sink);
  }
  RETURN_IF_ERROR(storage_.hashes->flush());
  return DurableGroup{std::move(group.cargo), tree_.size(), segment_->durable_end()};
}

Result<void> Committer::ask_for_signature() {
  expect(CommitStep::kAsk);
  RETURN_IF_ERROR(check_writer());  // I6
  const auto newest = storage_.latest();
  const Signable known{tree_, newest ? newest->checkpoint.size : TreeSize{0},
                       segment_ ? segment_->durable_end() : ByteOffset{0}};
  auto* const left = std::get_if<UnsignedGroup>(&older_);
  auto group = ask_for(
      left != nullptr ? retry(std::move(*left)) : std::get<DurableGroup>(std::exchange(newer_, {})),
      known, options_.origin, desk_->open());
  SignatureRequest request{group.epoch, group.checkpoint, state_.keys().active()};
  older_ = std::move(group);
  done(CommitStep::kAsk);
  side_.start(
      [desk = desk_, request = std::move(request), turns = env_.turns, &signer = env_.signer] {
        const auto turn = turns->for_checkpoint();
        sign_for(*desk, request, signer);
      });
  return {};
}

Result<void> Committer::take_signature() {
  CHECK(is_signing());
  side_.wait();
  auto& group = std::get<SigningGroup>(older_);
  const auto answer = desk_->take(group.epoch);
  CHECK(answer);  // the epoch lasts, and what was started has ended
  signatures_ += answer->asked;
  remember_signer(answer->failed);
  if (answer->failed) {
    ++signature_failures_;
    return refuse_signature(busy("the checkpoint could not be signed: " + answer->failed->message));
  }
  if (auto ok = prepare(0); !ok)  // after a start: none is open
    return fault_ ? *fault_ : refuse_signature(std::move(ok).error());
  expect(CommitStep::kSign);
  auto signed_one = std::make_shared<const format::SignedCheckpoint>(
      format::SignedCheckpoint{group.checkpoint, format::format_note(answer->note)});
  const auto frame = segment_->write_checkpoint(group.checkpoint.size, signed_one->note);
  if (!frame) return fail(frame.error());
  storage_.add_checkpoint(*frame);
  older_ = sign(std::move(group), std::move(signed_one), segment_->end());
  done(CommitStep::kSign);
  return {};
}

/// What is durable is adopted by the next checkpoint; whoever repeats it then finds it.
Error Committer::refuse_signature(Error why) {
  expect(CommitStep::kRefuse);
  std::vector<PendingReply> told;
  older_ = refuse(std::get<SigningGroup>(std::move(older_)), newer_, told);
  done(CommitStep::kRefuse);
  fail_all(std::move(told), why);
  return why;
}

/// The operator hears of it when signatures begin to fail, fail in another way, or come again.
void Committer::remember_signer(std::optional<Error> failure) {
  {
    const MutexLock lock(signer_mutex_);
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
  const MutexLock lock(signer_mutex_);
  return signer_failure_ ? signer_failure_->message : std::string();
}

/// What readers see of keys and sources is as of the checkpoint: frames may have been written since.
void Committer::publish_older() {
  const auto seen = storage_.latest();
  PublishedGroup group =
      publish(std::get<PendingGroup>(std::exchange(older_, {})), segment_->durable_end(),
              seen ? seen->checkpoint.size : TreeSize{0});
  const TreeSize size = group.checkpoint->checkpoint.size;
  storage_.publish({group.checkpoint, state_.keys_at(size), state_.retention_at(size),
                    state_.grants_at(size), state_.indexed_at(size), state_.witnessed_at(size)},
                   std::move(group.moved));
  for (PendingReply& reply : group.replies) reply.done(std::move(reply.appended));
}

Result<void> Committer::settle() {
  if (fault_) return *fault_;
  CHECK(!is_signing() && std::holds_alternative<std::monostate>(newer_));
  return at() == at::kPending ? sync() : Result<void>();
}

Result<void> Committer::drain() {
  if (fault_) return *fault_;
  while (at() != at::kIdle && at() != at::kPending)
    RETURN_IF_ERROR(is_signing() ? take_signature() : commit());
  return settle();
}

bool Committer::needs_signature() const {
  const auto* const pending = std::get_if<PendingGroup>(&older_);
  const auto covering = pending != nullptr ? pending->checkpoint : storage_.latest();
  return (covering ? covering->checkpoint.size : TreeSize{0}) < tree_.size();
}

std::uint64_t Committer::written_bytes() const {
  const Cargo* const cargo = cargo_of(newer_);
  return cargo != nullptr ? cargo->size_bytes : 0;
}

bool Committer::month_is_over() const {
  const rules::Retention& retention = state_.retention();
  return segment_ &&
         segment_->header().month < retention.month_of_reading(clock_.reading_us(retention));
}

bool Committer::seal_is_due() const {
  if (!segment_) return false;
  const std::uint64_t age_us = clock_.moment().running_us - opened_us_;
  return segment_->end().value >= options_.segment_bytes_max ||
         age_us >= options_.segment_age_max_s * 1'000'000 || month_is_over();
}

Result<void> Committer::seal() {
  if (fault_) return *fault_;
  if (!segment_) return {};
  RETURN_IF_ERROR(check_writer());
  CHECK(at() == at::kIdle);
  catalogue_segment();  // of the one before, when nobody has come to it
  RETURN_IF_ERROR(check_cataloguing());
  const Hash chain = segment_->chain();
  const auto sealed = segment_->seal(state::make_footer(storage_, tree_, segment_->end(), chain));
  if (!sealed) return fail(sealed.error());
  state::note_sealed(storage_, env_, *sealed);
  segment_.reset();
  const MutexLock lock(cataloguing_mutex_);
  closed_ = state::close_segment(storage_, state_, tree_, chain);
  position_ = closed_.position;
  cataloguing_ = Cataloguing::kDue;
  return {};
}

void Committer::catalogue_segment() {
  const MutexLock lock(cataloguing_mutex_);
  if (cataloguing_ != Cataloguing::kDue) return;
  auto recorded = storage_.writer.check();
  if (recorded) recorded = state::catalogue_closed(storage_, closed_);
  if (!recorded) cataloguing_error_ = std::move(recorded).error();
  cataloguing_ = recorded ? Cataloguing::kNone : Cataloguing::kFailed;
}

void Committer::update_derived() {
  if (at() == at::kFaulted) return;  // I5
  storage_.follow_with_derived(env_.notice);
}

Result<void> Committer::check_cataloguing() {
  if (cataloguing_ != Cataloguing::kFailed) return {};
  Error why;
  {
    const MutexLock lock(cataloguing_mutex_);
    why = cataloguing_error_;
  }
  return fail(std::move(why));
}

}  // namespace varve::log
