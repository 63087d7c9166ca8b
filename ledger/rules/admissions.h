// Which keys joined a log on the word of a key that was in other hands. Whoever steals a key can
// let keys of his own join with it; these stay when the stolen one is revoked.
#pragma once

#include <span>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/format/note.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/key_timeline.h"

namespace varve::rules {

/// A key that was in other hands. The tree of the first `last_size` records is beyond suspicion;
/// what the key signed in later records is not.
struct StolenKey {
  format::VerifierKey key;
  TreeSize last_size;
};

/// The keys that were revoked, each with the smallest size that a revocation names.
std::vector<StolenKey> revoked_keys(const KeyTimeline& keys);

/// A key that joined on the word of stolen keys, or of keys that had joined so, and of nobody else.
struct AdmittedKey {
  format::VerifierKey key;
  LeafIndex joined;                     // the record that let it join
  std::vector<format::VerifierKey> by;  // whoever signed that record, besides the key itself
};

struct Admissions {
  std::vector<AdmittedKey> keys;        // in the order in which they joined, retired ones too
  std::vector<LeafIndex> approvers;     // records in which such a key named approvers
  std::vector<LeafIndex> witness_keys;  // ... and in which such keys alone named a witness key
};

/// What came into the log by `stolen`. `trusted` are in good hands though they joined so: neither
/// they nor what they let join is listed.
Admissions admissions_by(std::span<const StolenKey> stolen, const KeyTimeline& keys,
                         std::span<const format::VerifierKey> trusted = {});

/// Whether signatures of the key count on any checkpoint since it joined: no revocation ended that.
bool still_counts(const AdmittedKey& admitted, const KeyHistory& history);

}  // namespace varve::rules
