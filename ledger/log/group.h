// One group: everything that arrived while the last one was being synced, in the order in which it
// will stand in the log. Building it decides who is admitted; committing it is committer.h.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/log/commit_table.h"
#include "ledger/log/compliance_clock.h"
#include "ledger/log/server_batch.h"
#include "ledger/state/ledger_state.h"
#include "ledger/state/storage.h"
#include "ledger/store/frame_codec.h"

namespace varve::log {

struct ControlNote {
  format::Kind kind = format::Kind::kKeyEvent;
  std::string note;
  std::string hold_text = {};  // kHold, of one that is placed
};

/// Time stamps that an operator gives, all or none.
struct TimeStatements {
  std::vector<std::string> texts;  // format/timestamp.h
};

/// Errors: kInvalid  none or too many for one seal, or one that is no report of this log.
Result<void> check_reports(const std::vector<Report>& reports, std::string_view origin);

/// What waits in the queue: one append and whom to tell.
struct Item {
  std::variant<format::SealedBatch, EventRequest, ControlNote, TimeStatements, std::vector<Report>>
      what;
  AppendDone done;
  std::uint64_t size_bytes = 0;
  Buffer verified_by;  // of a sealed batch: the public key its signature was verified with
  Buffer compressed;   // of a large sealed batch
};

[[nodiscard]] bool is_key_event(const ControlNote& control);
/// Whether it is a key event by which a key leaves.
[[nodiscard]] bool removes_key(const ControlNote& control);

/// Someone to tell once a checkpoint covers their records.
struct PendingReply {
  AppendDone done;
  Appended appended;
  [[nodiscard]] TreeSize end() const { return TreeSize{appended.first.value + appended.count}; }
};

struct Group {
  LeafIndex first;
  std::uint32_t count = 0;         // records
  std::vector<store::Piece> body;  // store/frame_body.h; large batches are pieces of their own
  std::vector<Hash> leaves;        // of the body's records, in their order
  std::vector<store::Request> requests;
  std::vector<std::pair<store::AppendKey, store::AppendRow>> batches;
  std::vector<PendingReply> replies;
  KeyChange key_change = KeyChange::kNone;
  std::vector<std::pair<SourceId, SourceState>> sources;  // that moved, and where they are now
  [[nodiscard]] LeafIndex end() const { return LeafIndex{first.value + count}; }
};

/// Admits items into one group. Advances `state` as it goes: a group that was built has to be
/// committed or the log is faulted.
class GroupBuilder {
 public:
  /// `clock_is_due`: a clock record comes before whatever else does.
  GroupBuilder(state::LedgerState& state, const state::Storage& storage, env::Random& random,
               const ComplianceClock& clock, bool clock_is_due, LeafIndex first,
               std::uint64_t senders_max);

  /// Takes the item, or tells its sender why not. Returns false, and leaves the item alone, only
  /// for a sealed batch that came too early and may be held for a moment.
  bool admit(Item& item);
  /// Seals on behalf of those who cannot, and hands the group over. Call once, last.
  Group finish();

 private:
  bool admit(format::SealedBatch& batch, Item& item);
  void admit(EventRequest& request, Item& item);
  void admit(ControlNote& control, Item& item);
  void admit(const TimeStatements& statements, Item& item);
  void admit(const std::vector<Report>& reports, Item& item);
  void hear_last(const format::SealedBatch& batch, LeafIndex index);
  void repeat_batch(const format::SealedBatch& batch, Item& item);
  Result<SourceId> source_of_sender(const format::Sender& sender);
  bool repeat_request(const EventRequest& request, Item& item);
  void wait_for(PendingReply reply);
  [[nodiscard]] Result<void> fits_hold(const ControlNote& control) const;
  [[nodiscard]] Result<void> fits_the_state(const ControlNote& control) const;
  [[nodiscard]] Result<void> fits_the_present(const ControlNote& control) const;
  [[nodiscard]] Result<void> counts(const TimeStatements& statements) const;
  [[nodiscard]] bool month_ends() const;
  Result<LeafIndex> append_control(format::Kind kind, const std::string& text);
  void begin_records();
  void write_clock();
  void write_month_secret(std::uint32_t month);
  void write_own_event(format::Kind kind, Bytes payload);
  Buffer encode_own_event(format::Kind kind, std::uint64_t sequence, Bytes payload);
  void seal_own(const std::vector<Bytes>& events, std::vector<format::SealedRun> runs);
  void append_record(Bytes record);
  Buffer& open_piece();
  void seal_pending(std::span<PendingRequest> requests);
  void register_senders(std::vector<RequestRecords>& batch);
  Result<void> register_if_new(const PendingRequest& pending);
  Result<void> register_sender(const format::Sender& sender);
  void append_request(const RequestRecords& request);

  state::LedgerState& state_;
  const state::Storage& storage_;
  env::Random& random_;
  const ComplianceClock& clock_;
  bool clock_is_due_;
  std::uint64_t now_us_;
  std::uint64_t senders_max_;
  bool retention_changed_ = false;
  std::uint32_t clock_records_ = 0;  // and what comes with them: nobody asked for these
  Group group_;
  std::set<SourceId> moved_;
  std::uint32_t key_events_ = 0;
  std::uint32_t key_removals_ = 0;
  std::vector<PendingRequest> pending_;
  std::map<format::Sender, SourceId> sources_of_senders_;  // of the senders in pending_
  std::unordered_map<Hash, std::size_t, store::HashHash> pending_by_key_;
};

}  // namespace varve::log
