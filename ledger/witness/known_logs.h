// Which logs a witness cosigns, and by which keys it knows them now: those of the list, and, of a log of Varve,
// those that its own history has proven since.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/format/contradiction.h"
#include "ledger/format/log_list.h"
#include "ledger/verify/open_keys.h"

namespace varve::witness {

struct KnownLog {
  std::string origin;
  Hash id;  // SHA-256 of the origin
  format::ListedLog listed;
  std::vector<format::VerifierKey> keys;            // any of them signs
  std::optional<verify::VerifiedKeys> proven = {};  // of a log that is followed, once it was
};
using SharedLog = std::shared_ptr<const KnownLog>;

/// SHA-256, as the protocol names a log.
Hash log_id(std::string_view origin);

/// Keys that sign for a log now, by its own history: those that are active, and its witness key.
std::vector<format::VerifierKey> signing_keys(const rules::KeyHistory& history);

/// Whether an auditor takes it, as far as the witness knows the log's history: a key that was revoked since, or the
/// log's witness key alone, signs nothing that speaks against the log. Of a log whose history is not known every
/// listed key's signature counts.
bool is_evidence(const KnownLog& log, const format::Contradiction& contradiction);

/// Thread: any.
class KnownLogs {
 public:
  /// Null: it is not listed.
  [[nodiscard]] SharedLog find(std::string_view origin) const;
  [[nodiscard]] SharedLog find(const Hash& id) const;
  [[nodiscard]] std::size_t size() const;
  /// In place of all.
  void replace(std::vector<SharedLog> logs);
  /// In place of the one of this origin; nothing happens where it is listed no more, or with another first key.
  void update(KnownLog log);

 private:
  using ByOrigin = std::map<std::string, SharedLog, std::less<>>;
  mutable Mutex mutex_;
  ByOrigin logs_ GUARDED_BY(mutex_);
  std::map<Hash, SharedLog> by_id_ GUARDED_BY(mutex_);
};

}  // namespace varve::witness
