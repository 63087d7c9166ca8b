// How many signatures each key was ever asked for, over all starts: what a token's own counter or log
// is held against. docs/format/signatures.md
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/signer.h"
#include "ledger/env/thread_on_demand.h"
#include "ledger/ledger.h"
#include "ledger/rules/key_history.h"

namespace varve::log {

/// Counts what goes through it. The count is never below what the token was asked for: the file says
/// more of each key than that, by up to kSignaturesAhead, and is written again, on a thread of its own,
/// when half of that is used. A signature waits for the file only where there is nothing left: a key's
/// first one, unless expect() was told. So each crash counts up to so many too many, and a clean stop
/// none; only a file that cannot be written makes a crash count too few. Thread: any.
class SignatureCount final : public env::Signer {
 public:
  static constexpr std::uint64_t kSignaturesAhead = 1'000;

  SignatureCount(env::Filesystem& files, env::Signer& signer) : files_(files), signer_(signer) {}

  /// Reads the file. Errors: kCorrupt  it is damaged: counting begins again with what comes.  kIo.
  Result<void> load();
  /// The key will be asked. Returns when the file says enough of it for kSignaturesAhead / 2. Nothing
  /// to do after save().
  void expect(Bytes public_key);
  /// Counted whether or not it succeeds. A file that cannot be written does not stop it.
  Result<Buffer> sign(Bytes public_key, Bytes message) override;
  /// Makes the file say exactly what was asked for. At a stop, after the last signature.
  Result<void> save();

  /// Adds the counts of the log's own keys.
  void report(const rules::KeyHistory& keys, LogStatus& status) const;

 private:
  void count(Bytes public_key);
  void reserve(const Buffer& key) REQUIRES(file_mutex_);

  env::Filesystem& files_;
  env::Signer& signer_;
  Mutex file_mutex_;  // held while the file is written; taken before mutex_
  bool saved_ GUARDED_BY(file_mutex_) = false;
  mutable Mutex mutex_;
  std::map<Buffer, std::uint64_t> counts_ GUARDED_BY(mutex_);    // asked for
  std::map<Buffer, std::uint64_t> reserved_ GUARDED_BY(mutex_);  // as the file says
  env::ThreadOnDemand writing_;  // the last: its job uses all of the above
};

}  // namespace varve::log
