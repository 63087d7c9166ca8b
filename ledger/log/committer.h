// The commit protocol: a step function over the environment, no thread of its own. Two groups of appends
// can be under way at once (commit_table.h); what each owns is a type for its stage (commit_groups.h). As
// system calls:
//
//   write():            pwrite a frame of group k, once or more often
//   commit(k):          fdatasync (also makes checkpoint k-1 durable) | publish k-1
//                       pread the frames, compare | ask for a signature of root k
//   write(), sync_ahead():  while the token signs: pwrite frames of group k+1, fdatasync, pread, compare
//   take_signature():   wait for it, if need be | pwrite checkpoint k
//   settle():           fdatasync | publish k               only when nothing more is waiting
//
// Invariants, cited where they are checked:
//  I1  an append is acknowledged only after the fdatasync behind its checkpoint's pwrite
//  I2  a root is signed only after the fdatasync behind its last frame's pwrite
//  I3  a root is computed from hashes of bytes that the file, read back, was found to hold
//  I4  sizes that are signed never go down, and each tree extends the one before
//  I5  after a failed write or sync nothing more is written
//  I6  before each signature, and before a segment is made or sealed, this is still the one writer
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/base/key_period.h"
#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/log/background_task.h"
#include "ledger/log/commit_groups.h"
#include "ledger/log/commit_table.h"
#include "ledger/log/compliance_clock.h"
#include "ledger/log/group.h"
#include "ledger/log/signature_desk.h"
#include "ledger/state/ledger_state.h"
#include "ledger/state/sealing.h"
#include "ledger/state/start.h"
#include "ledger/state/storage.h"
#include "ledger/store/segment_writer.h"

namespace varve::log {

/// Thread: one, but from any: catalogue_segment(), needs_cataloguing(), update_derived(), at(),
/// unsigned_because(), report_clock(), and fault() once at() is kFaulted.
class Committer {
 public:
  /// Signatures are made by `side`.
  Committer(const LogOptions& options, const Environment& environment, state::Storage& storage,
            state::Start start, BackgroundTask& side);
  ~Committer() { desk_->close(); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Errors: faulted: this process is not the one writer any more, and everyone has been told.
  Result<void> check_writer();
  /// Opens a segment when none is open, and the hash files that `records_most` more records may need.
  /// Errors: kBusy  the token is needed and does not answer, or the month is one that was disposed
  ///                of, or a hash file cannot be opened.  kFull  the disk; nothing changed.
  ///         kIo    faulted.
  Result<void> prepare(std::uint64_t records_most);
  /// Requires prepare(). Admit into it, then write(its finish()).
  GroupBuilder begin();
  /// Writes the group's frame. Requires that the table takes the group where the log is: no key events
  /// while the token signs, only removals of keys while a signature is missing.
  /// Error: faulted, everyone has been told.
  Result<void> write(Group group);
  /// Takes the newer group as far as asking for a signature of it, and publishes the checkpoint before.
  /// Without any: asks once more for a signature that is missing, or does nothing; then settle() is
  /// next. Requires !is_signing().
  /// Error: faulted, everyone has been told.
  Result<void> commit();
  /// Makes what was written ahead durable and takes it into the tree, when it is worth it: the next
  /// commit() has less to do before it asks the token. Requires is_signing().
  /// Error: faulted, everyone has been told.
  Result<void> sync_ahead();
  /// Whether a signature was asked for and is not taken yet.
  [[nodiscard]] bool is_signing() const { return std::holds_alternative<SigningGroup>(older_); }
  /// Whether take_signature() would not wait. Requires is_signing().
  [[nodiscard]] bool is_signed() const { return side_.ended(); }
  /// Waits for the signature and writes its checkpoint. Requires is_signing().
  /// Errors: kBusy   unsigned: whoever waited has been told; asked again by drain().  kFull  likewise, after
  ///                 a start: there is no room for a segment to write it in.
  ///         others  faulted: everyone has been told.
  Result<void> take_signature();
  /// Makes the written checkpoint durable and publishes it. Nothing to do: no error.
  /// Requires !is_signing() and that there is no newer group.
  Result<void> settle();
  /// Until everything that was written is signed, durable and told. Errors: as take_signature().
  Result<void> drain();
  /// Reads the clocks: to be called at the start, then at the begin of each step, all of which is of
  /// this moment.
  void watch_clock() { clock_.look(state_.retention()); }
  /// See ComplianceClock::report.
  void report_clock(LogStatus& status) const { clock_.report(status); }
  /// Whether the open segment is of a month that has ended: then nothing more belongs into it.
  [[nodiscard]] bool month_is_over() const;
  /// Whether the open segment is large, old, or of a month that has ended.
  [[nodiscard]] bool seal_is_due() const;
  /// Seals the open segment, if there is one. Requires settled. The catalogue hears of it by
  /// catalogue_segment(); at the latest before the next is sealed.
  Result<void> seal();
  /// Whether a sealed segment waits for catalogue_segment().
  [[nodiscard]] bool needs_cataloguing() const { return cataloguing_ == Cataloguing::kDue; }
  /// Any thread, beside all else: the catalogue is told of the segment sealed last. An error faults
  /// the log at its next group.
  void catalogue_segment();
  /// Any thread, beside all else: derived files follow the catalogue. Takes as long as sorting the
  /// leaves of some segments; no seal waits for it, and no error of theirs faults the log.
  void update_derived();

  /// Whether records are durable that no written checkpoint covers: its signature is asked for, or
  /// missing.
  [[nodiscard]] bool needs_signature() const;
  /// Bytes of records of the newer group: written, and no signature was asked for.
  [[nodiscard]] std::uint64_t written_bytes() const;
  [[nodiscard]] CommitState at() const { return at_; }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  /// What the token answered the last time; empty when it signed, or was not asked yet.
  [[nodiscard]] std::string unsigned_because() const;
  [[nodiscard]] state::LedgerState& state() { return state_; }
  [[nodiscard]] const state::LedgerState& state() const { return state_; }
  [[nodiscard]] TreeSize size() const { return tree_.size(); }
  // Since start.
  [[nodiscard]] std::uint64_t signatures() const { return signatures_; }
  [[nodiscard]] std::uint64_t signature_failures() const { return signature_failures_; }
  [[nodiscard]] std::uint64_t groups() const { return groups_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  /// Segments there are, the open one too.
  [[nodiscard]] std::uint64_t segments() const {
    return position_.next_ordinal + (segment_ ? 1 : 0);
  }

 private:
  void expect(CommitStep step) const;
  void done(CommitStep step);
  Error fail(Error why, std::vector<PendingReply> also = {});
  Result<void> sync();
  void publish_older();
  Result<DurableGroup> take_into_tree(WritingGroup& group);
  Result<void> ask_for_signature();
  Error refuse_signature(Error why);
  void remember_signer(std::optional<Error> failure);
  Result<void> check_cataloguing();
  [[nodiscard]] KeyPeriod period_of(std::uint64_t reading_us) const;
  Error refuse_month(KeyPeriod period);

  const LogOptions& options_;
  Environment env_;
  state::Storage& storage_;
  BackgroundTask& side_;
  state::LedgerState state_;
  merkle::Frontier tree_;  // of what was read back
  store::CataloguePosition position_;
  OlderGroup older_;
  NewerGroup newer_;
  std::atomic<CommitState> at_;  // the stages of the two, or Faulted
  std::optional<Error> fault_;
  const std::shared_ptr<SignatureDesk> desk_ = std::make_shared<SignatureDesk>();
  mutable Mutex signer_mutex_;
  std::optional<Error> signer_failure_ GUARDED_BY(signer_mutex_);  // of the last signature
  ComplianceClock clock_;
  std::unique_ptr<store::SegmentWriter> segment_;
  std::uint64_t opened_us_ = 0;       // by what the log had run
  bool begins_segment_ = false;       // no record is in it yet
  std::optional<KeyPeriod> refused_;  // a month whose key is destroyed, as was told
  enum class Cataloguing : std::uint8_t { kNone, kDue, kFailed };
  Mutex cataloguing_mutex_;                                 // held while the catalogue is told
  state::Closed closed_ GUARDED_BY(cataloguing_mutex_);     // while kDue
  Error cataloguing_error_ GUARDED_BY(cataloguing_mutex_);  // once kFailed
  std::atomic<Cataloguing> cataloguing_ = Cataloguing::kNone;
  std::uint64_t signatures_ = 0;
  std::uint64_t signature_failures_ = 0;
  std::uint64_t groups_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace varve::log
