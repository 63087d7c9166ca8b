// Destroying keys of a month by hand, on tokens that the server does not have at hand: those of a month
// that a record of the log disposes of, or keys that another one has replaced.
//
//   begin()      nobody else rotates or destroys keys of this log, and no server runs
//   plan()       which segments, which keys on which token; whether the log's own records dispose of the
//                month. Changes nothing
//   carry_out()  as month_end.h
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/note.h"
#include "ledger/store/segment_format.h"
#include "ledger/upkeep/month_end.h"
#include "ledger/upkeep/store_state.h"

namespace varve::upkeep {

struct DisposalOrder {
  std::string store;                               // the log's directory, as messages name it
  std::string kek_prefix;                          // the log's
  std::string month;                               // as key_period_text() spells it
  std::optional<format::VerifierKey> first_key{};  // the log's; nothing only with `superseded`
  bool superseded = false;  // only keys that no segment needs, also of a month without any
};

struct DisposalPlan {
  KeyPeriod period;                            // the month
  std::vector<store::SegmentHeader> segments;  // that become unreadable; none with `superseded`
  std::uint64_t records = 0;                   // in them
  std::vector<HeldKeys> keys;                  // for each token, in their order
  std::set<std::string> elsewhere;             // keys that unwrap them too, on none of these tokens
};

class Disposal {
 public:
  /// Holds the locks of `files`, which are the log's, while it lives. `files` outlives it.
  /// Errors: kWorm  the server has the store open (not with `superseded`), or the month's key is
  /// being rotated. kFull, kIo.
  static Result<std::unique_ptr<Disposal>> begin(env::Filesystem& files, DisposalOrder order);

  /// Once. `tokens` are all that may hold keys of this log; they outlive this. No machine's clock is
  /// asked. Without `superseded` this reads the whole store, as read_store_state().
  /// Errors: kInvalid  the month is not over for the log; the store is another log's or an old copy;
  ///                   or a segment needs what is said to be superseded; or such a log has no such month.
  ///         kWorm  no record of the log disposes of the month.
  ///         kNotFound  no token holds a key to destroy.
  ///         kCorrupt  a segment is damaged or not sealed.
  ///         As KekCustody::kek_labels, when no token that answers holds one.
  Result<void> plan(std::vector<KeyHolder> tokens, const SegmentProgress& progress);
  [[nodiscard]] const DisposalPlan& planned() const { return plan_; }

  /// One row for each token, in their order: a token that is away, or fails in the middle, does not
  /// keep the others from losing their keys. Requires plan().
  /// Errors: no key was destroyed.  kCorrupt  a segment is damaged.  As KeyVault::unwrap, when no
  /// token unwraps a segment's data key.  kFull, kIo.
  Result<std::vector<DestroyedKeys>> carry_out(const SegmentProgress& progress);

 private:
  Disposal(env::Filesystem& files, DisposalOrder order) : files_(files), order_(std::move(order)) {}
  Result<void> find_segments();
  Result<void> keep_current(const std::vector<store::SegmentHeader>& segments);
  Result<void> count_records();
  Result<void> find_keys_elsewhere();
  [[nodiscard]] Result<void> check_anything_to_destroy() const;
  Result<void> check_disposed_of(const SegmentProgress& progress);
  Result<void> keep_all(const SegmentProgress& progress);

  env::Filesystem& files_;
  const DisposalOrder order_;
  DisposedOf by_;
  merkle::SignedTree tree_;
  std::unique_ptr<env::Lock> no_rotation_;
  std::unique_ptr<env::Lock> no_server_;
  std::vector<KeyHolder> tokens_;
  DisposalPlan plan_;
};

}  // namespace varve::upkeep
