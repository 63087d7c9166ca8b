// Replays one segment: every record into the tree and the state, every checkpoint against both.
// Recovery and the audit replay; only what they do with the outcome differs.
#pragma once

#include <memory>
#include <string>

#include "ledger/format/newer.h"
#include "ledger/ledger.h"
#include "ledger/merkle/tree.h"
#include "ledger/recovery/uncovered_trees.h"
#include "ledger/rules/source_chain.h"
#include "ledger/rules/stamp.h"
#include "ledger/state/ledger_state.h"
#include "ledger/state/storage.h"
#include "ledger/store/segment_reader.h"

namespace varve::recovery {

/// Told of what a replayed segment holds.
class ReplaySink {
 public:
  virtual ~ReplaySink() = default;
  virtual void frame(const state::FrameFacts& facts) = 0;
  virtual void checkpoint(const store::FrameRef& frame,
                          std::shared_ptr<const format::SignedCheckpoint> published) = 0;
  /// Before a seal is applied; `events` are the leaf hashes of its batch.
  virtual Result<void> seal(const format::Seal& seal, const std::vector<Hash>& events) = 0;
  /// Behind a time stamp that was applied.
  virtual void stated(rules::StatedTree /*tree*/) {}
};

/// Feeds tree and state from scanned frames. A tombstone stands for the event whose key is
/// destroyed.
class Replay final : public store::ScanSink {
 public:
  Replay(state::LedgerState& state, merkle::Frontier& tree, merkle::NodeSink* nodes,
         ReplaySink& sink)
      : state_(state), tree_(tree), nodes_(nodes), sink_(sink), uncovered_(tree) {}

  /// Errors: kCorrupt  a record breaks a rule of the ledger: says which one and which rule.
  ///         kNotFound  the log is newer than this program.
  Result<void> records(const store::FrameRef& ref, const store::FrameHeader& header,
                       Buffer body) override;
  /// No checkpoint of the records so far will come: for who has none between them.
  void expect_no_checkpoint() { uncovered_.forget(); }
  [[nodiscard]] const format::NotUnderstood& not_understood() const { return not_understood_; }
  /// Errors: kCorrupt  not signed by the log's keys, or of another tree.
  Result<void> checkpoint(const store::FrameRef& ref, const std::string& note) override;

 private:
  Result<void> record(Bytes bytes, const Hash& leaf, LeafIndex index, state::FrameFacts& facts);
  Result<void> sealed_later(const format::Record& record, const Hash& leaf);
  Result<void> destroyed(const Hash& leaf);
  Result<void> batch_seal(Bytes bytes, LeafIndex index, state::FrameFacts& facts);

  state::LedgerState& state_;
  merkle::Frontier& tree_;
  merkle::NodeSink* nodes_;
  ReplaySink& sink_;
  UncoveredTrees uncovered_;
  format::NotUnderstood not_understood_;
  rules::OpenBatch open_;    // the events since the last seal,
  std::vector<Hash> batch_;  // and their leaves
};

}  // namespace varve::recovery
