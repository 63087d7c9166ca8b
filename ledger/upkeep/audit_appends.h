// The audit of appends/: each file holds what the segments say, no entry more and none less.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/store/append_files.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/derived_checks.h"

namespace varve::upkeep {

/// Entries of any number in 40 bytes: the sum, without carry, of a keyed hash of each. Two sets
/// have the same one by chance only, and who wrote a file did not know the key.
class EntrySum {
 public:
  explicit EntrySum(const Hash& key) : key_(key) {}
  void add(const store::AppendEntry& entry);
  void add(const EntrySum& other);
  bool operator==(const EntrySum&) const = default;

 private:
  Hash key_;
  Hash sum_;
  std::uint64_t count_ = 0;
};

class AppendCheck final : public DerivedCheck {
 public:
  explicit AppendCheck(const CheckContext& context);
  void segment(const store::SegmentFacts& facts, const Hash& root) override;
  /// Memory: about 120 bytes a segment.
  Result<void> end(const SealedPart& sealed) override;

 private:
  struct Expected {
    Hash root;
    bool disposed = false;
    EntrySum entries;
  };

  Result<void> cover(const store::LeafGroup& group);
  Result<void> compare(const store::AppendFile& file);
  /// Errors: kIo.
  Result<bool> has_what_is_expected(const store::AppendFile& file) const;
  [[nodiscard]] bool is_to_be_forgotten(const store::AppendFile& file,
                                        const store::AppendEntry& entry) const;
  void report(const store::LeafGroup& group, const Error& error);

  const env::Filesystem& files_;
  AuditReport& report_;
  Hash key_;
  std::uint64_t recorded_ = 0;
  std::vector<LeafIndex> ends_;     // of each segment
  std::vector<Expected> expected_;  // likewise
};

}  // namespace varve::upkeep
