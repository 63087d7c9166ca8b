// Which keys signed the log's checkpoints when: the key history, with the place of each event.
// A retired key is good for the checkpoints of its time and for no later one; a revoked key only for
// those that its revocation leaves it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/note.h"
#include "ledger/rules/key_history.h"

namespace varve::rules {

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
  [[nodiscard]] const KeyHistory& history() const { return history_; }
  [[nodiscard]] const std::string& origin() const { return history_.origin(); }

 private:
  format::VerifierKey first_;
  KeyHistory history_;
  std::vector<KeyEventAt> events_;
  std::vector<std::vector<format::VerifierKey>> active_after_;  // one for each event
};

}  // namespace varve::rules
