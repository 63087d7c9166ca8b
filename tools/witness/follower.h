// Follows the keys of logs of Varve: where a log's checkpoint is signed by a key that the witness does not know, its
// own history says whether the key is its own. No request waits for that: the log asks again.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/access/journal.h"
#include "ledger/base/mutex.h"
#include "ledger/env/clock.h"
#include "ledger/witness/witness.h"
#include "tools/client/http.h"

namespace varve::tools {

/// Thread: any.
class Follower {
 public:
  /// `ca`: PEM of the logs' certificates; empty: the system's. All outlive it.
  Follower(std::string ca, env::Clock& clock, api::Journal& journal);
  ~Follower();  // as stop()
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void start(witness::Witness& witness);
  /// Asks this log for its keys soon, but not twice within five seconds, for strangers can send checkpoints that
  /// nobody signed. Where the key is known, at most once an hour: another one may have been revoked. Does not block.
  void ask(const std::string& origin, bool key_is_known);
  /// Ends what is under way. Idempotent.
  void stop();

 private:
  void run(witness::Witness& witness);
  Result<bool> follow(witness::Witness& witness, const witness::SharedLog& log);

  const std::string ca_;
  env::Clock& clock_;
  api::Journal& journal_;
  std::atomic<bool> cancelled_{false};
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> waiting_
      GUARDED_BY(mutex_);  // in turn: none waits for another one that asks often
  std::map<std::pair<std::string, bool>, std::uint64_t> asked_ms_
      GUARDED_BY(mutex_);  // with a known key, or with none
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace varve::tools
