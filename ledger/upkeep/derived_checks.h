// How what is made from sealed segments is audited: a row for each kind of
// ledger/store/derived_kinds.h, in the same order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ledger/env/filesystem.h"
#include "ledger/env/random.h"
#include "ledger/store/segment_facts.h"
#include "ledger/upkeep/audit.h"

namespace varve::upkeep {

/// Where audits read and what they found.
struct CheckContext {
  const env::Filesystem& files;
  env::Random& random;
  AuditReport& report;
};

/// What is known once all segments were read.
struct SealedPart {
  std::uint64_t recorded = 0;  // segments that the catalogue knows of
  bool leaves_match = false;   // the leaf hashes in tree/00 are those of the records
};

/// The audit of one kind: compares its files with what the segments say they must hold.
class DerivedCheck {
 public:
  DerivedCheck() = default;
  virtual ~DerivedCheck() = default;
  DerivedCheck(const DerivedCheck&) = delete;
  DerivedCheck& operator=(const DerivedCheck&) = delete;

  /// Of each sealed segment, in order, and the root of the log where it ends.
  virtual void segment(const store::SegmentFacts& facts, const Hash& root) = 0;
  /// Errors: kIo  something could not be looked at.
  virtual Result<void> end(const SealedPart& sealed) = 0;
};

/// One of each kind.
std::vector<std::unique_ptr<DerivedCheck>> derived_checks(const CheckContext& context);

}  // namespace varve::upkeep
