// Signed roots for COSE receipts: at most one signature a second of a log, for whoever asks meanwhile. Nobody waits
// for the token but a thread of its own and those who ask for such a receipt.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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

class Journal;

/// Of one log. Thread: any.
class RootSigner {
 public:
  using Root = std::shared_ptr<const format::SignedRoot>;
  /// Called exactly once, on the thread that asks or on that of the signer. Does not block.
  using Done = std::function<void(Result<Root>)>;

  /// `name`: the log's, for the journal. What is referred to outlives it.
  RootSigner(std::string name, Log& log, env::Clock& clock, Journal& journal);
  ~RootSigner() { stop(); }
  RootSigner(const RootSigner&) = delete;
  RootSigner& operator=(const RootSigner&) = delete;

  /// A signed root of a tree of `least` records or more, which the log has. The last one, if its key signs still and
  /// its tree is the newest or was signed within this second; else the newest is signed.
  /// Errors: kBusy  that tree is smaller, too many wait, no signature is to be had, or this is the end. Why there is
  ///         none is nothing that strangers are told: what an operator has to mend is in the journal.
  void ask(TreeSize least, Done done);
  /// Blocks while the token signs. Idempotent. Whoever waits gets kBusy.
  void stop();
  /// That the token gave since the start.
  [[nodiscard]] std::uint64_t signatures() const { return signatures_; }

 private:
  struct Asked {
    TreeSize least;
    Done done;
  };

  void run();
  Result<Root> sign();
  /// Once for each reason, until there is a signature again.
  void tell(const Error& why);
  /// False: the system gives no thread.
  bool start_thread() REQUIRES(mutex_);
  [[nodiscard]] bool signs_still(const format::VerifierKey& key) const;
  /// What answers without the token. Nothing: nothing does.
  [[nodiscard]] std::optional<Result<Root>> at_hand(TreeSize least) const REQUIRES(mutex_);

  const std::string name_;
  Log& log_;
  env::Clock& clock_;
  Journal& journal_;
  std::atomic<std::uint64_t> signatures_ = 0;
  std::string told_;  // why there was no signature, if the journal has it; of the thread alone
  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<Asked> waiting_ GUARDED_BY(mutex_);
  std::optional<Result<Root>> last_
      GUARDED_BY(mutex_);                         // what the token gave, or that it gave nothing
  std::uint64_t last_ms_ GUARDED_BY(mutex_) = 0;  // when, on the steady clock
  Mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace varve::api
