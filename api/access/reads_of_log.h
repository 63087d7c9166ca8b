// What was read of one log and is not on record yet. Private to reads.cc.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "api/access/reads.h"
#include "ledger/base/mutex.h"
#include "ledger/ledger.h"

namespace varve::api {

/// Thread: any. The log keeps it alive while it has reports of it.
class ReadsOfLog : public std::enable_shared_from_this<ReadsOfLog> {
 public:
  /// Both outlive it.
  ReadsOfLog(const HostedLog& hosted, Journal& journal) : hosted_(hosted), journal_(journal) {}

  /// Errors: as Reads::take.
  Result<void> take(const format::Reader& reader, const ReadAnswer& answer, std::uint64_t now_us);
  /// Hands what waits to the log, unless the log has some of it still. Returns whether something is left.
  bool write();
  /// The same, whatever the log has still.
  void write_rest();
  [[nodiscard]] ReadsStatus status() const;

 private:
  /// A record that is not in the log yet.
  struct Pending {
    Report report;
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;  // that it counts for
  };

  void close(const format::Reader& reader, const Readings& readings) REQUIRES(mutex_);
  std::vector<Pending> take_pending();
  void append(std::vector<Pending> pending);
  void settle(const Result<Appended>& done, std::vector<Pending> pending);

  const HostedLog& hosted_;
  Journal& journal_;
  mutable Mutex mutex_;
  std::map<format::Reader, Readings> open_ GUARDED_BY(mutex_);
  std::vector<Pending> closed_ GUARDED_BY(mutex_);
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;       // of both, and of what the log has
  unsigned under_way_ GUARDED_BY(mutex_) = 0;        // appends that the log has not answered
  std::optional<Error> why_not_ GUARDED_BY(mutex_);  // the log took no record the last time
  ReadsStatus status_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
