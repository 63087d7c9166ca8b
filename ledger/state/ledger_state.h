// The ledger's state as a fold over its records: the log's keys, the sources and where the chain
// of each stands. The sequencer, recovery and the audit all use this one fold, so that what one
// of them accepts the others accept.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/ledger.h"
#include "ledger/rules/indexed.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/retention.h"
#include "ledger/rules/source_chain.h"
#include "ledger/rules/source_event.h"
#include "ledger/rules/witnessed.h"
#include "ledger/store/state_row.h"

namespace varve::state {

class LedgerState {
 public:
  LedgerState(std::string origin, format::VerifierKey first_key);

  /// Takes the next record of the log into account.
  /// Errors: kInvalid, kCorrupt  it does not continue what is there: says which rule it breaks.
  Result<void> apply(const format::Record& record, Bytes bytes, const Hash& leaf, LeafIndex index);

  /// Whether this seal may come next in its source's chain; changes nothing.
  /// Errors: kNotFound  unknown source.  kWorm  that number is taken: compare with what took it.
  ///         kOutOfOrder  batches before it are missing.  kInvalid  another chain, or event numbers
  ///         that leave a gap.
  [[nodiscard]] Result<void> may_follow(const format::Seal& seal) const;
  /// A heartbeat at `index` of a batch whose seal comes next. Errors: kNotFound, kInvalid.
  Result<void> hear(const format::Record& record, LeafIndex index);
  /// Requires may_follow(seal).
  void advance(const format::Seal& seal, const rules::Place& place);

  /// A control record's payload. Of a kind that this program does not understand it is only
  /// counted, and a critical one ended the reader's work before.
  /// Errors: kInvalid, kCorrupt (a signature), kWorm (known already).
  Result<void> apply_control(format::Kind kind, const std::string& note, const rules::Place& place);
  /// Whether a key event, a source event or grants may be written next: by the rules of today, where
  /// apply_control() takes what older versions admitted. Of other kinds apply_control() alone says
  /// it. Changes nothing, so that nothing needs to be written in front of what is refused. Errors:
  /// as apply_control.
  [[nodiscard]] Result<void> may_admit(format::Kind kind, const std::string& note) const;
  /// The same of a policy, a hold, a notice, a disposal or what became of one, on a copy of
  /// retention(). Errors: as apply_control.
  Result<void> judge_on(rules::Retention& trial, format::Kind kind, const std::string& note,
                        const rules::Place& place) const;

  /// Errors: kNotFound  not registered.
  [[nodiscard]] Result<SourceState> source(SourceId id) const;
  /// As the rules of chains know it; the log itself too. Nothing: not registered.
  [[nodiscard]] std::optional<rules::KnownSource> known_source(SourceId id) const;
  [[nodiscard]] const store::OwnChain& own() const { return own_; }
  [[nodiscard]] const std::map<SourceId, SourceState>& sources() const { return sources_; }
  [[nodiscard]] const rules::KeyHistory& keys() const { return keys_; }
  /// The keys after the first `size` records; of the newest state the same object each time.
  [[nodiscard]] std::shared_ptr<const LogKeys> keys_at(TreeSize size) const;
  [[nodiscard]] const std::string& origin() const { return keys_.origin(); }
  /// What the records say about how long they are kept, and of which month each is.
  [[nodiscard]] const rules::Retention& retention() const { return retention_; }

  /// Readers of the first `end` records, and of more, are to see retention() as it is now.
  void show_retention(TreeSize end);
  /// What readers of the first `size` records see of it. Sizes ascend from call to call. Requires
  /// show_retention() before.
  std::shared_ptr<const rules::Retention> retention_at(TreeSize size);

  /// The newest grants of the first `size` records; null: there are none. Sizes ascend from call to call.
  std::shared_ptr<const rules::GrantsAt> grants_at(TreeSize size);

  /// How far the first `size` records say that the log is indexed. Sizes ascend from call to call.
  rules::Indexed indexed_at(TreeSize size);
  /// The witnessed checkpoints in the first `size` records. Sizes ascend from call to call.
  rules::WitnessedSeen witnessed_at(TreeSize size);

  /// For the catalogue. docs/format/derived.md
  [[nodiscard]] Buffer encode() const;
  /// Replaces this state by an encoded one. Errors: kCorrupt  damaged.
  Result<void> restore(Bytes encoded);

 private:
  [[nodiscard]] std::shared_ptr<const LogKeys> keys_after(std::size_t events) const;
  [[nodiscard]] Result<void> is_new(const std::string& key_event) const;
  Result<void> apply_source_event(const std::string& note);
  Result<void> apply_sender(const std::string& text);
  [[nodiscard]] Result<void> may_register(const std::string& note) const;
  [[nodiscard]] rules::RegisteredAs registered() const;
  Result<void> apply_grants(const std::string& text, LeafIndex index);
  Result<void> apply_key_event(const std::string& note, const rules::Place& place);
  Result<void> apply_index(const std::string& text, LeafIndex index);
  [[nodiscard]] Result<void> judge_witnessed(const std::string& note, LeafIndex index) const;
  Result<void> apply_witnessed(const std::string& note, LeafIndex index);
  [[nodiscard]] const rules::GrantsAt* newest_grants() const;
  [[nodiscard]] Result<void> check_renewal(const std::string& note, LeafIndex index) const;

  format::VerifierKey first_key_;
  rules::KeyHistory keys_;
  std::vector<rules::KeyEventAt> key_events_;
  std::shared_ptr<const LogKeys> newest_keys_;  // after all of these
  std::map<SourceId, SourceState> sources_;
  bool names_senders_ = false;  // one of these is a sender's
  store::OwnChain own_;
  rules::Retention retention_;
  // By the records that say so: what readers see, and later ones.
  std::deque<std::pair<LeafIndex, rules::Indexed>> indexed_{{}};
  std::deque<rules::WitnessedSeen> witnessed_{{}};
  std::deque<std::pair<TreeSize, std::shared_ptr<const rules::Retention>>> shown_;  // ascending
  std::deque<std::shared_ptr<const rules::GrantsAt>>
      grants_;  // those that readers see, and later ones
};

}  // namespace varve::state
