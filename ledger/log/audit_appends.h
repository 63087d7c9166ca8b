// The audit of appends/: each file holds what the segments say, no entry more and none less.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/env/random.h"
#include "ledger/log/audit.h"
#include "ledger/store/append_files.h"

namespace varve::log {

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

class AppendCheck {
 public:
  AppendCheck(const env::Filesystem& files, env::Random& random, std::vector<Finding>& findings);
  /// Of each sealed segment, in order. Errors: kIo  it cannot be seen what was disposed of.
  Result<void> segment(const store::SegmentFacts& facts);
  /// Memory: 72 bytes a segment. Errors: kIo  a file cannot be read.
  Result<void> end();

 private:
  Result<void> cover(const store::LeafGroup& group);
  Result<void> compare(const store::AppendFile& file);
  [[nodiscard]] bool is_forgotten(const store::AppendFile& file,
                                  const store::AppendEntry& entry) const;
  void report(const store::LeafGroup& group, const std::string& what);

  const env::Filesystem& files_;
  std::vector<Finding>& findings_;
  Hash key_;
  store::DisposedSegments disposed_;
  std::vector<LeafIndex> ends_;     // of each segment
  std::vector<EntrySum> expected_;  // likewise
};

}  // namespace varve::log
