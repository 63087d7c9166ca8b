// Indexes a log as it grows, beside whoever serves: a thread that reads what was published, and has the log
// commit to an index of it once enough has come or the oldest of it has waited. It asks for records as a
// reader does and appends as an operator does, so no append waits for it. docs/format/index.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "api/access/journal.h"
#include "ledger/base/mutex.h"
#include "ledger/env/clock.h"
#include "ledger/format/month_secret.h"
#include "ledger/index/index.h"
#include "ledger/ledger.h"

namespace varve::tools {

struct IndexerOptions {
  std::string name;  // of the log, for the journal
  std::string origin;
  std::uint32_t wait_minutes = 60;  // an event is in an index after that, or sooner
  // What there may be in memory of one index, and in it: with 200,000 rows 90 MB, and 14 seconds of one
  // processor to make it, as measured; 32 MB more with 4,000,000 entries. One record more is taken than fits.
  std::uint64_t rows_max = 200'000;
  std::uint64_t entries_max = 4'000'000;
};

/// Thread: any.
class Indexer {
 public:
  /// All outlive it.
  Indexer(IndexerOptions options, Log& log, const env::Clock& clock, api::Journal& journal);
  ~Indexer() { stop(); }
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  /// Goes on where the log's newest index ends, from then on by itself. Where the system gives no thread, the journal
  /// says that nothing is indexed.
  void start();
  /// Requires that the log still answers. Idempotent.
  void stop();
  /// Takes up what was published since, and commits to what is due. For a test, instead of start().
  /// Errors: as Log::records and Log::append_control: the next look tries again.
  Result<void> look();

 private:
  void run();
  void restart();
  Result<void> read(LeafIndex index, Bytes entry, const rules::Retention& retention);
  Result<void> enter_month(LeafIndex index, const rules::Month& month);
  void begin_index(LeafIndex first);
  Result<void> commit(LeafIndex end);
  Result<void> append();
  [[nodiscard]] Result<std::optional<format::MonthSecret>> secret_of(std::uint32_t month) const;
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] bool is_stopping() const;

  const IndexerOptions options_;
  Log& log_;
  const env::Clock& clock_;
  api::Journal& journal_;
  // The thread's own:
  bool begun_ = false;
  rules::Indexed indexed_;  // by the log's records
  LeafIndex next_;          // to be read
  // The index that comes next: of records from first_ to next_, all of month_. Without a builder that month
  // is in none.
  LeafIndex first_;
  std::optional<std::uint32_t> month_;
  std::optional<index::IndexBuilder> builder_;
  std::uint64_t oldest_ms_ = 0;  // when the first event of it was read, by the steady clock
  std::optional<format::IndexCommitment> made_;  // and not in the log yet
  std::string told_;                             // the trouble that an operator knows of
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // start() and stop()
};

}  // namespace varve::tools
