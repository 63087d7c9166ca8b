// One step of a log's life: take what is queued, admit it, commit it, publish what can be published.
// A step function without a thread: log.cc gives it one, the simulation calls it as it likes.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/log/committer.h"
#include "ledger/log/reorder_buffer.h"
#include "ledger/rules/key_history.h"

namespace varve::log {

/// Thread: step() and finish() from one; catalogue_segment(), update_derived() and the const
/// methods from any.
class Sequencer {
 public:
  /// Signatures are made by `side`.
  Sequencer(const LogOptions& options, const Environment& environment, state::Storage& storage,
            state::Start start, BackgroundTask& side);

  /// Writes `items` (maybe none). Unless the token signs, they are committed under one checkpoint, with
  /// whatever was written meanwhile and is not durable yet; what is durable went to the token before
  /// them. A checkpoint's fdatasync is that of the next group, when there is one in the step that
  /// finds it signed.
  void step(std::vector<Item> items);
  /// Whether the token signs: a step is needed when it has ended, and one before that takes what is
  /// worth a frame of its own.
  [[nodiscard]] bool is_signing() const { return committer_.is_signing(); }
  /// Tells whoever still waits, seals the segment, completes what is derived from it. Nothing may
  /// be stepped afterwards.
  void finish();
  /// Signs a tail that recovery found, or leaves that for later when the token does not sign; makes
  /// the first records of an empty log.
  /// Errors: as the token and the disk say; the log cannot serve then.
  Result<void> start();

  /// Whether catalogue_segment() has something to do: a sealed segment goes into the catalogue,
  /// beside steps.
  [[nodiscard]] bool needs_cataloguing() const { return committer_.needs_cataloguing(); }
  /// Thread: any. Left undone, the step that seals the next segment does it.
  void catalogue_segment() { committer_.catalogue_segment(); }
  /// Thread: any. After catalogue_segment(), so that what it recorded is looked up in files. Left
  /// undone, it is looked up in memory.
  void update_derived() { committer_.update_derived(); }

  /// How long step() may be left uncalled when nothing arrives: longer and longer, so that many logs to which nothing
  /// comes cost nothing. Their segments are sealed by so much later; an append does not wait for that.
  [[nodiscard]] std::uint64_t idle_ms() const;

  // After all that was admitted, also what no checkpoint covers yet: what the next append has to fit.
  [[nodiscard]] rules::KeyHistory newest_keys() const;
  /// Errors: kNotFound  not registered.
  [[nodiscard]] Result<SourceState> newest_source(SourceId id) const;
  [[nodiscard]] LogStatus status() const;

 private:
  Result<void> seal();
  Result<void> write_group(std::vector<Item>& items);
  void admit(Item item, GroupBuilder& group);
  Group finish_group(GroupBuilder& group);
  [[nodiscard]] std::uint64_t records_most(const std::vector<Item>& items) const;
  void refuse_expired();
  [[nodiscard]] Result<void> ready(const std::vector<Item>& items);
  bool keep_key_removals(std::vector<Item>& items, const Error& why);
  void refuse_what_does_not_fit(std::vector<Item>& items);
  Result<void> create_log();
  Result<format::Note> sign_first(const std::string& text);
  void update_counts();

  const LogOptions& options_;
  Environment env_;
  state::Storage& storage_;
  Committer committer_;
  ReorderBuffer holding_;
  std::uint64_t last_item_ms_ = 0;   // when something came, or the log was opened
  mutable SharedMutex state_mutex_;  // committer_.state()
  mutable Mutex status_mutex_;
  LogStatus status_ GUARDED_BY(status_mutex_);
};

}  // namespace varve::log
