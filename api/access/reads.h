// Who read what, on record: what was read of a log waits here for a moment, and then becomes records of
// that log (docs/format/access.md). Nothing that was read is left unsaid: where no more can wait, because
// the log takes no records, a read is refused. Reading never holds up whoever appends: records go through
// the queue like all appends. It waits for the log only where the server is told to answer a read once it
// is on record; else records are written once or twice a second.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "api/access/hosted_logs.h"
#include "api/access/journal.h"
#include "api/access/readings.h"
#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/format/access.h"

namespace varve::api {

class ReadsOfLog;

/// Of one log, since the start: requests that were allowed to read events.
struct ReadsStatus {
  std::uint64_t waiting = 0;         // answered, and due to be on record
  std::uint64_t summed = 0;          // answered, and summed up until they are due
  std::uint64_t recorded = 0;        // on record, under a checkpoint
  std::uint64_t refused = 0;         // because no record of them could be written
  std::uint64_t by_break_glass = 0;  // answered although the log took no record of them
};

/// Whether whoever reads may do so while the log takes no record (Roles::kBreakGlass).
enum class ReadBy : std::uint8_t { kAnybody, kBreakGlass };

/// When a read of events is answered.
enum class ReadAnswered : std::uint8_t {
  kBeforeItIsOnRecord,  // it is within a second
  kOnceItIsOnRecord,    // under a checkpoint
};

/// What is called once a read is on record. Errors: as Reads::take. Thread: the log's. Must not block and
/// must not call the log.
using Recorded = std::function<void(Result<void>)>;

/// Thread: any.
class Reads {
 public:
  /// All outlive it, and so do the logs.
  Reads(const HostedLogs& logs, const env::Clock& clock, Journal& journal,
        ReadAnswered answered = ReadAnswered::kBeforeItIsOnRecord);
  ~Reads();  // as stop()
  Reads(const Reads&) = delete;
  Reads& operator=(const Reads&) = delete;

  /// Goes on with what the run before left, and begins to call write_due() by itself, so that what was read
  /// is on record within a second. Errors: kBusy  a log's token does not answer: what was left cannot be judged now.
  Result<void> start();
  /// The same of logs that were added to `logs` behind the others: all, or on an error none. Requires start().
  Result<void> add(std::span<const HostedLog> more);
  /// Takes down what is about to be answered, unless the log has ended. `log` is one of `logs`.
  /// Errors: kFull, kBusy, kIo  as the log last said: it must not be answered.
  Result<void> take(const HostedLog& log, const format::Reader& reader, const ReadAnswer& answer);
  /// The same, of whoever waits: `recorded` is called once it may be answered, or must not be. That is when it is on
  /// record where the server is told so, and else at once. For break-glass it is also once the file `reads` has what
  /// the log does not take (reads_file.h). Errors: as above, and kFull, kIo of that file.
  void take(const HostedLog& log, const format::Reader& reader, const ReadAnswer& answer, ReadBy by,
            Recorded recorded);
  [[nodiscard]] bool answers_once_recorded() const { return once_recorded_; }
  /// Takes down an attempt to read events that was refused.
  void take(const HostedLog& log, const format::Refused& attempt);
  /// Hands to the logs what is due; returns before they have it, and in how many milliseconds to do it
  /// again. What was read of events is due at once, what told of none an hour after the first of it.
  /// Refusals are due a minute after the last record of them.
  std::optional<std::uint64_t> write_due();
  /// Hands to the logs all that waits.
  void write_rest();
  /// Hands over what is due at once, and nothing more after that. Before the logs are stopped: they still
  /// take it then.
  void stop();
  /// Leaves to the next run what the logs have not taken, and that this one ended in order. Requires that
  /// stop() was called, and that the logs were stopped since.
  void end();

  [[nodiscard]] ReadsStatus status(const HostedLog& log) const;
  /// How many answers to `reader` are due to be on record, and are not yet.
  [[nodiscard]] std::uint64_t waiting(const HostedLog& log, const format::Reader& reader) const;

 private:
  using OfLog = std::shared_ptr<ReadsOfLog>;
  [[nodiscard]] OfLog of(const HostedLog& log) const;
  [[nodiscard]] std::vector<OfLog> all() const;
  [[nodiscard]] OfLog make(const HostedLog& log);
  void look_soon();
  void run();

  const HostedLogs& logs_;
  const env::Clock& clock_;
  Journal& journal_;
  const bool once_recorded_;
  mutable Mutex logs_mutex_;
  std::vector<OfLog> of_logs_ GUARDED_BY(logs_mutex_);  // as `logs_`
  Mutex mutex_;
  CondVar changed_;
  bool waiting_ GUARDED_BY(mutex_) = false;  // something may wait
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace varve::api
