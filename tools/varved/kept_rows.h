// The rows that a server keeps beside a log, so that a search looks up which records say what is asked instead of
// reading all of them: a file for each stretch of records, in the folder search/ of the store, and in memory what
// came since. Derived, and asked by nobody whether an answer is complete: without it a search reads the records.
// docs/format/search-rows.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/random.h"
#include "ledger/format/month_secret.h"
#include "ledger/index/index.h"
#include "ledger/index/rows_file.h"
#include "ledger/query/page.h"

namespace varve::tools {

/// Of an index that is not cut yet: they grow while they are asked. One thread adds.
class GrowingRows {
 public:
  GrowingRows(index::Scope scope, index::IndexMonth month, LeafIndex first)
      : scope_(scope), first_(first), builder_(std::move(scope), month), end_(first) {}

  /// The next record, or what stands in its place.
  void add(LeafIndex index, const format::Record& record);
  void pass(LeafIndex index);
  /// For who adds.
  [[nodiscard]] const index::IndexBuilder& builder() const { return builder_; }
  /// For who adds: from then on nothing is found here.
  index::IndexBuilder take();

  [[nodiscard]] const index::Scope& scope() const { return scope_; }
  [[nodiscard]] LeafIndex first() const { return first_; }
  [[nodiscard]] LeafIndex end() const;
  /// Errors: kBusy  it was taken.
  [[nodiscard]] Result<std::vector<std::uint64_t>> find(const index::TermInput& term) const;

 private:
  const index::Scope scope_;
  const LeafIndex first_;
  mutable Mutex mutex_;
  index::IndexBuilder builder_;  // the one who adds changes it, under the mutex
  LeafIndex end_ GUARDED_BY(mutex_);
  bool taken_ GUARDED_BY(mutex_) = false;
};

/// Thread: any; keep(), load(), grow() and forget() from one.
class KeptRows final : public query::Rows {
 public:
  using SecretOf = std::function<Result<std::optional<format::MonthSecret>>(std::uint32_t month)>;

  /// `files`, of the log's store, outlives it. `reserve_bytes` stay free: as LogOptions.
  KeptRows(env::Filesystem& files, env::Random& random, std::string origin,
           std::uint64_t reserve_bytes)
      : files_(files), random_(random), origin_(std::move(origin)), reserve_bytes_(reserve_bytes) {}

  /// Takes up the files that are there. Those that are damaged, of another version of the rules, or of a month
  /// without a secret are removed. Errors: as SecretOf; kIo.
  Result<void> load(const SecretOf& secret_of);
  /// Writes the rows of [first, end), and takes the place of all that it holds. Errors: kFull, kIo.
  Result<void> keep(const index::IndexBuilder& rows, const format::MonthSecret& secret,
                    LeafIndex first, LeafIndex end);
  /// What is asked besides the files; null: nothing.
  void grow(std::shared_ptr<const GrowingRows> rows);
  /// Removes the files of the months for which `is_gone`. Errors: kIo.
  Result<void> forget(const std::function<bool(std::uint32_t month)>& is_gone);

  struct Hole {
    LeafIndex first;
    LeafIndex end;
  };
  /// The newest records below `end` that no file is of.
  [[nodiscard]] std::optional<Hole> hole_below(LeafIndex end) const;
  /// Whether a file was found damaged since this was last asked. It is removed then: a hole.
  bool take_damaged();

  [[nodiscard]] std::shared_ptr<query::Stretch> around(LeafIndex at) const override;

 private:
  class FileStretch;
  class GrowingStretch;
  struct Kept {
    index::RowsOf of;
    format::MonthSecret secret;
  };
  Result<void> take_up(const std::string& name, const SecretOf& secret_of);
  void drop(LeafIndex first) const;

  env::Filesystem& files_;
  env::Random& random_;
  const std::string origin_;
  const std::uint64_t reserve_bytes_;
  mutable Mutex mutex_;
  mutable std::map<LeafIndex, Kept> kept_ GUARDED_BY(mutex_);  // apart from each other
  std::shared_ptr<const GrowingRows> growing_ GUARDED_BY(mutex_);
  mutable bool damaged_ GUARDED_BY(mutex_) = false;
};

}  // namespace varve::tools
