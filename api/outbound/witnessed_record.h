// Once a day the newest witnessed checkpoint goes into the log itself: whoever has the log's records then has what
// others remember of it, whatever became of the server's files. docs/operating/witnesses.md
#pragma once

#include <atomic>
#include <string>

#include "api/access/journal.h"
#include "ledger/base/mutex.h"
#include "ledger/env/filesystem.h"
#include "ledger/ledger.h"

namespace varve::api {

class WitnessedRecord {
 public:
  /// `files`: the log's directory; null: the log takes nothing. All outlive it.
  WitnessedRecord(std::string log_name, Log& log, const env::Filesystem* files, Journal& journal);

  /// Has the log take `note`, a witnessed checkpoint of it, where the rules let it come next
  /// (ledger/rules/witnessed.h), and waits for the answer. Not where the disk has less left than the log keeps in
  /// reserve, nor where another process may write. What fails is tried at the next offer.
  /// Thread: any. Whoever comes while another one waits goes on.
  void offer(const std::string& note);
  /// Why the newest that was due is not in the log; empty: it is, or none is due. Thread: any.
  [[nodiscard]] std::string trouble() const EXCLUDES(mutex_);

 private:
  void set_trouble(const std::string& trouble) EXCLUDES(mutex_);
  [[nodiscard]] bool is_due(const std::string& note) const;
  [[nodiscard]] Result<Appended> append(const std::string& note);
  [[nodiscard]] Result<void> may_append() const;

  const std::string log_name_;
  Log& log_;
  const env::Filesystem* const files_;
  Journal& journal_;
  std::atomic<bool> is_offered_ = false;
  mutable Mutex mutex_;
  std::string trouble_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
