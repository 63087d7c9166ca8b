// Signed roots for COSE receipts: at most one signature a second of a log, for whoever asks meanwhile. Nobody waits
// for the token but a thread of its own and those who ask for such a receipt.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/format/cose_receipt.h"

namespace varve {
class Log;
}

namespace varve::api {

/// Of one log. Thread: any.
class RootSigner {
 public:
  using Root = std::shared_ptr<const format::SignedRoot>;
  /// Called exactly once, on the thread that asks or on that of the signer. Does not block.
  using Done = std::function<void(Result<Root>)>;

  /// Both outlive it.
  RootSigner(Log& log, env::Clock& clock);
  ~RootSigner() { stop(); }
  RootSigner(const RootSigner&) = delete;
  RootSigner& operator=(const RootSigner&) = delete;

  /// A signed root of a tree of `least` records or more, which the log has. The last one, if its tree is the newest or
  /// was signed within this second; else the newest is signed.
  /// Errors: kBusy  that tree is smaller, too many wait, the token does not answer, or this is the end.
  ///         Others as Log::sign_root.
  void ask(TreeSize least, Done done);
  /// Blocks while the token signs. Idempotent. Whoever waits gets kBusy.
  void stop();

 private:
  struct Asked {
    TreeSize least;
    Done done;
  };

  void run();
  /// What answers without the token. Nothing: nothing does.
  [[nodiscard]] std::optional<Result<Root>> at_hand(TreeSize least) const REQUIRES(mutex_);

  Log& log_;
  env::Clock& clock_;
  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<Asked> waiting_ GUARDED_BY(mutex_);
  std::optional<Result<Root>> last_ GUARDED_BY(mutex_);  // what the token gave, or why nothing
  std::uint64_t last_ms_ GUARDED_BY(mutex_) = 0;         // when, on the steady clock
  Mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace varve::api
