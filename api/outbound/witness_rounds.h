// Rounds of asking: every witness is asked for the same checkpoint, so that enough cosignatures come together
// on one note. What has not enough yet is remembered for a while, because answers come late.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/format/signed_checkpoint.h"
#include "ledger/format/witness_policy.h"

namespace varve::api {

/// A checkpoint that enough witnesses have cosigned.
struct Witnessed {
  TreeSize size;
  std::string note;  // with the log's signatures and all cosignatures known
};

/// Thread: one at a time.
class WitnessRounds {
 public:
  static constexpr std::size_t kRoundsMax = 16;

  /// `policy` outlives it.
  explicit WitnessRounds(const format::WitnessPolicy& policy) : policy_(policy) {}

  /// The newest round is about this checkpoint; of the same tree as before it goes on with what it has.
  void begin(std::shared_ptr<const format::SignedCheckpoint> checkpoint);
  /// What the newest round is about; null before the first.
  [[nodiscard]] std::shared_ptr<const format::SignedCheckpoint> current() const;

  /// A cosignature, verified, of this tree by a witness of the policy. Of several the latest counts.
  /// Returns the note of that round where it is the newest one with a quorum.
  std::optional<Witnessed> add(const format::Checkpoint& tree, std::size_t witness,
                               format::Cosignature cosignature);

 private:
  struct Round {
    std::shared_ptr<const format::SignedCheckpoint> checkpoint;
    std::vector<std::optional<format::Cosignature>> cosignatures;  // as the policy's witnesses
  };
  [[nodiscard]] bool has_quorum(const Round& round) const;
  [[nodiscard]] static std::string note_of(const Round& round);

  const format::WitnessPolicy& policy_;
  std::deque<Round> rounds_;  // by size, ascending
  TreeSize witnessed_;
};

}  // namespace varve::api
