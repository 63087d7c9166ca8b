// Which keys signed the log's checkpoints when: the key history, with the place of each event.
// A retired key is good for the checkpoints of its time and for no later one; a revoked key only for
// those that its revocation leaves it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/control.h"
#include "ledger/format/note.h"

namespace varve::audit {

struct KeyEventAt {
  LeafIndex index;
  std::string note;
  bool operator==(const KeyEventAt&) const = default;
};

class KeyTimeline {
 public:
  /// `first` is the one key that is trusted from the start; its name is the log's origin.
  explicit KeyTimeline(const format::VerifierKey& first);

  /// Verifies the event and applies it. Events come in ledger order, the first at index 0.
  /// Errors: as KeyHistory::apply; kInvalid  out of order.
  Result<void> apply(LeafIndex index, std::string_view note);

  /// The keys that were to sign the checkpoint of a tree of `size` leaves, as it was known then.
  [[nodiscard]] std::vector<format::VerifierKey> active_at(TreeSize size) const;
  /// Those of them whose signatures on it count today: not the ones that were revoked for it.
  [[nodiscard]] std::vector<format::VerifierKey> keys_at(TreeSize size) const;
  [[nodiscard]] const std::vector<KeyEventAt>& events() const { return events_; }
  [[nodiscard]] const format::KeyHistory& history() const { return history_; }
  [[nodiscard]] const std::string& origin() const { return history_.origin(); }

 private:
  format::VerifierKey first_;
  format::KeyHistory history_;
  std::vector<KeyEventAt> events_;
  std::vector<std::vector<format::VerifierKey>> active_after_;  // one for each event
};

/// A checkpoint and the note it came in.
struct SignedCheckpoint {
  format::Checkpoint checkpoint;
  std::string note;
};

/// Verifies `note` with the keys of its own size.
/// Errors: as format::open_checkpoint; kCorrupt  only a key that was revoked for it signed it.
Result<SignedCheckpoint> open_checkpoint_of(std::string_view note, const KeyTimeline& keys);
/// The same for a checkpoint that the log has to extend, whoever got hold of its keys later:
/// signatures of keys that have been revoked since are taken too.
Result<SignedCheckpoint> open_older_checkpoint(std::string_view note, const KeyTimeline& keys);
/// `why` as it is, unless `note` was refused because only revoked keys signed it: says so then.
Error or_revoked(Error why, std::string_view note, const KeyTimeline& keys);

/// The answer of GET /logs/NAME/keys, or a saved keys.json: the timeline, and the checkpoint under
/// which all its events were proven to be.
struct VerifiedKeys {
  KeyTimeline timeline;
  SignedCheckpoint under;
};

/// Walks from `first` to today's keys: every event's signatures, its inclusion in the tree of the
/// checkpoint, the checkpoint by the keys of its time, and the lists that were given besides.
/// Errors: kInvalid  malformed.  kCorrupt  something does not verify.
Result<VerifiedKeys> open_keys(std::string_view json, const format::VerifierKey& first);

}  // namespace varve::audit
