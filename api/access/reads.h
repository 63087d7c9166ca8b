// Who read what, on record: what was read of a log waits here for a moment, and then becomes records of
// that log (docs/format/access.md). Nothing that was read is left unsaid: where no more can wait, because
// the log takes no records, a read is refused. Reading never waits for the log, and never holds up
// whoever appends: records go through the queue like all appends, once or twice a second.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "api/access/hosted_log.h"
#include "api/access/journal.h"
#include "api/access/readings.h"
#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/format/access.h"

namespace varve::api {

class ReadsOfLog;

/// Of one log, since the start; requests that read events.
struct ReadsStatus {
  std::uint64_t waiting = 0;   // answered, and not on record yet
  std::uint64_t recorded = 0;  // on record, under a checkpoint
  std::uint64_t refused = 0;   // because no record of them could be written
};

/// Thread: any.
class Reads {
 public:
  /// All outlive it, and so do the logs.
  Reads(const std::vector<HostedLog>& logs, env::Clock& clock, Journal& journal);
  ~Reads();  // as stop()
  Reads(const Reads&) = delete;
  Reads& operator=(const Reads&) = delete;

  /// Begins to write by itself what waits, within a second. Until then somebody calls write_now().
  void start();
  /// Takes down what is about to be answered, unless the log has ended. `log` is one of `logs`.
  /// Errors: kFull, kBusy, kIo  as the log last said: it must not be answered.
  Result<void> take(const HostedLog& log, const format::Reader& reader, const ReadAnswer& answer);
  /// Hands to the logs all that waits. Returns before they have it.
  void write_now();
  /// Hands over the rest, and writes nothing more. Before the logs are stopped: they still take it then.
  void stop();

  [[nodiscard]] ReadsStatus status(const HostedLog& log) const;

 private:
  [[nodiscard]] ReadsOfLog& of(const HostedLog& log) const;
  void run();

  const std::vector<HostedLog>& logs_;
  env::Clock& clock_;
  std::vector<std::shared_ptr<ReadsOfLog>> of_logs_;  // as `logs_`
  Mutex mutex_;
  CondVar changed_;
  bool waiting_ GUARDED_BY(mutex_) = false;  // something may wait
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace varve::api
