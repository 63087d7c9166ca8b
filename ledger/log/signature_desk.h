// Where the token's answer is left for the commit pipeline. Whoever asks opens an epoch; an answer
// counts only while its epoch lasts. So a thread that comes back late from the token, when the log
// has faulted, was closed or has given the request up, does no harm: its signature is thrown away.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/signer.h"
#include "ledger/format/checkpoint.h"

namespace varve::log {

struct SignatureRequest {
  std::uint64_t epoch = 0;
  format::Checkpoint checkpoint;
  std::vector<format::VerifierKey> keys;  // each of them signs
};

struct SignatureAnswer {
  format::Note note;        // signed by all keys, unless it failed
  std::uint64_t asked = 0;  // signatures
  std::optional<Error> failed;
};

/// Thread: any. Shared by the pipeline and the thread at the token; either may end first.
class SignatureDesk {
 public:
  /// Begins an epoch and ends the one before.
  std::uint64_t open();
  /// Ends the epoch: nobody waits for an answer any more.
  void close();
  [[nodiscard]] bool is_open(std::uint64_t epoch) const;
  /// Leaves the answer. Returns false, and drops it, when its epoch is over.
  bool deliver(std::uint64_t epoch, SignatureAnswer answer);
  /// Hands the answer over and ends the epoch; none when it is over, or has no answer yet.
  std::optional<SignatureAnswer> take(std::uint64_t epoch);

 private:
  mutable Mutex mutex_;
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;  // epoch that was opened last
  bool open_ GUARDED_BY(mutex_) = false;       // whether it lasts
  std::optional<SignatureAnswer> answer_ GUARDED_BY(mutex_);
};

/// Asks the token for a signature by each key, verifies it, and delivers what came of it. Asks no
/// further key once the epoch is over.
void sign_for(SignatureDesk& desk, const SignatureRequest& request, env::Signer& signer);

}  // namespace varve::log
