// A log that is newer than the program that reads it. What the program must know to say anything of
// the log ends its work, and is no damage; what it may do without is hashed, counted and named.
// docs/format/record.md
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/kinds.h"

namespace varve::format {

/// Whether this program may go on behind the entry, a record or a tombstone. Looks at versions and
/// at the kind only: that the bytes are a record is for others to say.
/// Errors: kNotFound  a later version of record or seal, or a critical kind without rules here.
Result<void> expect_known(LeafIndex index, Bytes entry);

/// How many records of which kinds were passed over.
class NotUnderstood {
 public:
  /// Counts the record if this program has no rules for its kind.
  void take(Kind kind);
  void add(const NotUnderstood& more);
  [[nodiscard]] const std::map<Kind, std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] bool empty() const { return counts_.empty(); }
  /// "2 records of kind-200, 1 of timestamp: this program does not understand such records. They were
  /// hashed and counted, and nothing else of them was checked"
  [[nodiscard]] std::string text() const;

  void encode(ByteWriter& out) const;
  void decode(ByteReader& in);

 private:
  std::map<Kind, std::uint64_t> counts_;
};

}  // namespace varve::format
