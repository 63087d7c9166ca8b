// The list of what is made from sealed segments: a row for each kind, which says how it is kept and
// how it is audited. A new kind is a class of each and a row here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ledger/env/random.h"
#include "ledger/log/audit.h"
#include "ledger/store/append_files.h"
#include "ledger/store/derived_file.h"
#include "ledger/store/hash_files.h"

namespace varve::log {

/// What the kinds may use; all of it outlives them.
struct DerivedContext {
  env::Filesystem& files;
  const store::HashFiles& hashes;
  store::AskForKey ask_for_key;
  std::uint64_t reserve_bytes = 0;
};

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

struct DerivedKind {
  std::unique_ptr<store::DerivedFile> (*keep)(const DerivedContext& context);
  std::unique_ptr<DerivedCheck> (*check)(const CheckContext& context);
};

/// In the order in which they are loaded, added to, updated and audited.
std::span<const DerivedKind> derived_kinds();

}  // namespace varve::log
