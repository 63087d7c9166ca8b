// The keys of the log, walked from the one the collector was given at init to today's, with a
// proof for every step.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/rules/key_history.h"
#include "tools/client/http.h"

namespace varve::collect {

/// Thread: one.
class LogKeys {
 public:
  /// Trusts `first` (its name is the origin), and what an earlier refresh() proved, checked anew.
  /// Errors: kCorrupt  DIR/keys.json does not follow from `first`.  kIo.
  static Result<LogKeys> load(env::Filesystem& files, format::VerifierKey first);

  /// Every key known to have signed for the log, the first one first, but for those whose
  /// signatures on a checkpoint of `size` leaves count no more.
  [[nodiscard]] std::vector<format::VerifierKey> known_at(TreeSize size) const;
  [[nodiscard]] const std::string& origin() const { return first_.name; }

  /// Asks the log for keys that joined since; remembers them durably once they are proven.
  /// Errors: of HttpClient and verify::open_keys.  kCorrupt  a key that was proven before is gone.
  Result<void> refresh(client::HttpClient& log);

 private:
  LogKeys(env::Filesystem& files, format::VerifierKey first);

  env::Filesystem& files_;
  format::VerifierKey first_;
  std::vector<format::VerifierKey> known_;
  rules::KeyHistory history_;  // empty before the first refresh
};

}  // namespace varve::collect
