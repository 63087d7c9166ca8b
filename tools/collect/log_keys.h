// The keys of the log, walked from the one the collector was given at init to today's, with a
// proof for every step.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/rules/key_timeline.h"
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
  /// The same, but remembers nothing on disk: the process that works in the directory does. Errors: the same.
  Result<void> look(client::HttpClient& log);
  /// As of the last of the two, or of what was loaded.
  [[nodiscard]] const rules::KeyTimeline& timeline() const { return timeline_; }

 private:
  struct Shown {
    std::string reply;
    rules::KeyTimeline timeline;
  };
  LogKeys(env::Filesystem& files, format::VerifierKey first);
  [[nodiscard]] Result<Shown> ask(client::HttpClient& log) const;
  void take(rules::KeyTimeline timeline);

  env::Filesystem& files_;
  format::VerifierKey first_;
  std::vector<format::VerifierKey> known_;
  rules::KeyTimeline timeline_;  // empty before the first refresh
};

}  // namespace varve::collect
