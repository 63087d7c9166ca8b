// Follows the keys of logs of Varve: where a log's checkpoint is signed by a key that the witness does not know, its
// own history says whether the key is its own. No request waits for that: the log asks again.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <thread>

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
  /// Asks this log for its keys soon, but not twice within half a minute: strangers can send checkpoints that
  /// nobody signed. Does not block.
  void ask(const std::string& origin);
  /// Ends what is under way. Idempotent.
  void stop();

 private:
  void run(witness::Witness& witness);
  Result<void> follow(witness::Witness& witness, const witness::SharedLog& log);

  const std::string ca_;
  env::Clock& clock_;
  api::Journal& journal_;
  std::atomic<bool> cancelled_{false};
  Mutex mutex_;
  CondVar changed_;
  std::set<std::string> waiting_ GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t> asked_ms_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace varve::tools
