// Where every reader puts its events: into the open batch, and each full batch into the spool.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/heartbeat.h"
#include "tools/collect/sealer.h"
#include "tools/collect/spool.h"

namespace varve::collect {

/// What happened while reading, for the summary line and the exit code.
struct IntakeCount {
  std::uint64_t events = 0;  // in the spool
  std::uint64_t bytes = 0;   // their payloads
  std::uint64_t batches = 0;
  std::uint64_t refused = 0;  // events and files that could not be taken
};

/// Called when the spool has no room; `why` says what is full. Returns whether to try again (it
/// has waited), or not (nobody will make room).
using WaitForRoom = std::function<bool(const Error& why)>;
/// Takes a line for the person at the terminal or the service's log.
using Say = std::function<void(const std::string&)>;

/// Thread: one.
class Intake {
 public:
  Intake(Sealer& sealer, Spool& spool, WaitForRoom wait, Say say);

  /// An event that no record can hold goes the way of refuse_event(). `where` is for people.
  void add(std::string_view media_type, Bytes payload, const std::string& where);
  /// An event that is too large: said aloud, counted, and a record of it (refusal.h) is added.
  void refuse_event(const std::string& where, std::uint64_t size, const Hash& sha256);
  /// An input that cannot be taken: said aloud and counted.
  void refuse(const std::string& where, const std::string& why);
  /// Said aloud, and no more than that.
  void say(const std::string& line) { say_(line); }

  [[nodiscard]] bool full() const { return sealer_.full(); }
  [[nodiscard]] bool empty() const { return sealer_.empty(); }
  [[nodiscard]] std::uint64_t due_in_ms() const { return sealer_.due_in_ms(); }

  /// Seals and spools what was added, together with `positions`: how far the inputs are taken now.
  /// Nothing to do when nothing was added.
  /// Errors: as Spool::commit. After one, no event is lost but this process can go no further.
  Result<void> flush(const std::vector<Position>& positions);

  /// Seals and spools a heartbeat, in a batch of its own. Requires empty(). Not among the events that
  /// are counted. Errors: as flush().
  Result<void> beat(const format::Heartbeat& heartbeat);

  /// Makes `positions` durable now, without events. Requires empty(). Waits for room as flush().
  /// Errors: as Spool::remember.
  Result<void> remember(const std::vector<Position>& positions);

  [[nodiscard]] const IntakeCount& count() const { return count_; }

 private:
  Result<void> commit(const Sealed& sealed, const std::vector<Position>& positions);

  Sealer& sealer_;
  Spool& spool_;
  WaitForRoom wait_;
  Say say_;
  std::uint64_t bytes_ = 0;      // of the open batch
  std::uint32_t too_large_ = 0;  // records of refusals in it
  IntakeCount count_;
};

}  // namespace varve::collect
