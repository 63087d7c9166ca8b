// An index of some of a log's records: for each term of their events a row with the records that have it. Its
// rows are the leaves of a tree, whose root the log commits to; a row, or that there is none, can then be shown
// to somebody who sees nothing else of the index. The same records, number and secret give the same index, byte
// for byte. docs/format/index.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/index_commitment.h"
#include "ledger/format/index_row.h"
#include "ledger/format/month_secret.h"
#include "ledger/index/terms.h"
#include "ledger/index/vrf.h"

namespace varve::index {

/// The span whose events may be in one index.
struct IndexMonth {
  std::uint32_t month = 0;
  format::Mode mode = format::Mode::kLocked;
};

/// What is known of the records while the index is made. Memory: as Index::make, and 8 bytes for
/// each record that a row has.
class IndexBuilder {
 public:
  IndexBuilder(Scope scope, IndexMonth of) : scope_(std::move(scope)), of_(of) {}

  /// The next record, which is of that month; counted is what a sender sent. Requires ascending indexes.
  void add(LeafIndex index, const format::Record& record);
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_.size(); }
  /// Records in rows, each as often as it is in one.
  [[nodiscard]] std::uint64_t entries() const { return entries_; }

 private:
  friend class Index;
  Scope scope_;
  IndexMonth of_;
  std::uint64_t entries_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t earliest_us_ = UINT64_MAX;
  std::uint64_t latest_us_ = 0;
  std::map<TermInput, std::vector<std::uint64_t>> rows_;
};

class Index {
 public:
  /// Asked before each row: false ends it.
  using GoesOn = std::function<bool()>;
  /// Requires events in `built`, and the secret of their month. Cost: 0.07 ms and 500 bytes a
  /// row, measured over 192,005 rows of 48,000 events. Errors: kBusy  it was ended.
  static Result<Index> make(
      IndexBuilder built, const format::MonthSecret& secret, LeafIndex first, LeafIndex end,
      const GoesOn& goes_on = [] { return true; });

  [[nodiscard]] const format::IndexCommitment& commitment() const { return commitment_; }
  /// The row of the term, or that there is none. Cost: 0.2 ms, and a few hashes.
  [[nodiscard]] format::ShownRow show(const TermInput& term) const;

 private:
  struct Row {
    VrfOutput token{};
    Hash nonce;
    Hash content;
    std::vector<std::uint64_t> records;
  };
  Index(VrfKey key, std::vector<Row> rows, format::IndexCommitment commitment);

  VrfKey key_;
  std::vector<Row> rows_;                  // by their tokens
  std::vector<std::vector<Hash>> levels_;  // of the tree: complete subtrees, from the leaves up
  format::IndexCommitment commitment_;
};

/// The records that have the term, under the index that was committed to: none where it has no such row.
/// Errors: kInvalid  malformed.  kCorrupt  the row is not the term's, or not the index's, or another may stand
///         where it says that there is none.
Result<std::vector<std::uint64_t>> open_row(const format::IndexCommitment& index,
                                            const TermInput& term, const format::ShownRow& row);

}  // namespace varve::index
