// A log that is written in this process by the ledger itself, under a clock that a benchmark moves: what takes
// months is there at once. A server opens it afterwards.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hsm/token.h"
#include "ledger/ledger.h"
#include "tools/bench/site.h"

namespace varve::bench {

/// Both clocks of a machine that runs on: a log counts its days by the steady one. The host's stands still
/// within a day. Thread: any.
class DayClock final : public env::Clock {
 public:
  /// Today is `days` days later.
  explicit DayClock(std::uint64_t days);
  [[nodiscard]] std::uint64_t now_us() const override;
  [[nodiscard]] std::uint64_t steady_ms() const override;
  void pass(std::uint64_t days) { days_ += days; }

 private:
  const std::uint64_t begin_us_;
  std::atomic<std::uint64_t> days_ = 0;
};

struct PastLog {
  std::unique_ptr<env::Filesystem> files;
  std::unique_ptr<Log> log;  // needs the files
};

/// The site's log of that origin, made if it is not there. Token and clock outlive it. Requires that no server
/// runs. Errors: as Log::open.
Result<PastLog> open_past(const Site& site, unsigned log, const LogOptions& options,
                          env::Clock& clock, hsm::Token& token);

/// Calls `send` with what takes the outcome, and waits for that.
Result<void> append_and_wait(const std::function<void(AppendDone)>& send);
/// JSON, in one request of one sender. Errors: as Log::append.
Result<void> append_events(Log& log, const std::vector<std::string>& events);

/// A note of this text, signed by keys of the token. Errors: as Signer::sign.
Result<std::string> signed_by(hsm::Token& token, const std::string& text,
                              std::span<const format::VerifierKey> keys);

}  // namespace varve::bench
