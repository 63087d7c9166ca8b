// Which keys a log has: the walk from its first key to today's, event by event.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/control.h"
#include "ledger/format/note.h"

namespace varve::rules {

/// The keys of a log as its key events make them, in ledger order. Used by the server, by
/// recovery and by auditors alike: the walk from the first key to today's is this class.
class KeyHistory {
 public:
  explicit KeyHistory(std::string origin) : origin_(std::move(origin)) {}

  /// Starts from a key that the verifier trusts already: the first event must be its creation.
  static KeyHistory trusting(std::string origin, format::VerifierKey first);

  /// Verifies the event's signatures against the keys that are active before it, then applies it.
  /// Errors: kInvalid  malformed, other origin, key known already (as another's, too), last key retired or revoked, not
  ///         the first event though kCreate, a revocation that takes nothing more away.
  ///         kCorrupt  a signature is missing or fails, an approval too.
  Result<void> apply(std::string_view note);

  /// Keys that sign checkpoints now, oldest first.
  [[nodiscard]] const std::vector<format::VerifierKey>& active() const { return active_; }
  /// Every key that ever signed, retired ones too.
  [[nodiscard]] const std::vector<format::VerifierKey>& all() const { return all_; }
  /// Whether revocations leave a signature by `key` on a checkpoint of `size` leaves its worth.
  [[nodiscard]] bool counts(const format::VerifierKey& key, TreeSize size) const;
  [[nodiscard]] const std::string& origin() const { return origin_; }
  /// Every key that ever signed what went to witnesses, in the order in which they were named. No signature by
  /// one of them stands for the log: a checkpoint needs one by an active key.
  [[nodiscard]] const std::vector<format::VerifierKey>& witness_keys() const {
    return witness_keys_;
  }
  /// The one that does now. Null: none was ever named.
  [[nodiscard]] const format::VerifierKey* witness_key() const {
    return witness_keys_.empty() ? nullptr : &witness_keys_.back();
  }
  /// How many of approvers() have to sign each key event, besides the log's keys. 0: no one.
  [[nodiscard]] std::uint32_t approvals() const { return approvals_; }
  [[nodiscard]] const std::vector<format::VerifierKey>& approvers() const { return approvers_; }

 private:
  Result<void> apply_parsed(const format::Note& note, format::KeyEvent event);
  Result<void> set_approvers(const format::Note& note, format::KeyEvent event);
  Result<void> create(const format::Note& note, format::VerifierKey key);
  Result<void> rotate(const format::Note& note, format::VerifierKey key);
  Result<void> retire(const format::Note& note, const format::VerifierKey& key);
  Result<void> name_witness_key(const format::Note& note, format::VerifierKey key);
  Result<void> revoke(const format::Note& note, const format::VerifierKey& key, TreeSize last_size);

  std::string origin_;
  std::optional<format::VerifierKey> trusted_;
  std::vector<format::VerifierKey> active_;
  std::vector<format::VerifierKey> all_;
  std::vector<format::VerifierKey> witness_keys_;
  std::uint32_t approvals_ = 0;
  std::vector<format::VerifierKey> approvers_;
  std::map<std::uint32_t, TreeSize> revoked_;  // key id -> last size; ids in all_ are unique
};

}  // namespace varve::rules
