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
#include "ledger/format/cosignature.h"
#include "ledger/format/log_list.h"
#include "ledger/verify/open_keys.h"

namespace varve::witness {

struct KnownLog {
  std::string origin;
  Hash id;  // SHA-256 of the origin
  format::ListedLog listed;
  std::vector<format::VerifierKey> keys;  // any of them signs; of a followed log none at first
  // Of a followed log, once it has shown its history, which verifies from the first key on:
  std::optional<verify::VerifiedKeys> proven = {};
  std::size_t believed =
      0;  // so many of its key events are in a tree that begins with what was cosigned

  [[nodiscard]] bool is_followed() const { return !listed.url.empty(); }
};
using SharedLog = std::shared_ptr<const KnownLog>;

/// SHA-256, as the protocol names a log.
Hash log_id(std::string_view origin);

/// A row of what a followed log has shown: a line `events <believed>`, then the answer of GET keys.
std::string format_key_row(std::size_t believed, std::string_view json);
/// As the row says of a log that is followed. A history that does not begin with the key that the list has by now
/// is none. Errors: kCorrupt  the row was not written so.
Result<void> take_key_row(KnownLog& log, std::string_view row);

/// Keys that sign for a log: those that its history leaves it (the active ones, and its witness key), of those that
/// the events which are believed gave it. So a key that leaves does so at once, and a new one has to wait.
void set_keys(KnownLog& log);

/// Whether an auditor takes it by this history: a key that was revoked since, or the log's witness key alone, signs
/// nothing that speaks against the log. Of a log that is not followed every listed key's signature counts.
bool is_evidence(const KnownLog& log, const format::Contradiction& contradiction);

/// Leaves out what has the witness's own key: it signs cosignatures alone.
void leave_out_own_key(format::LogList& list, const format::CosignerKey& own);

/// Thread: any.
class KnownLogs {
 public:
  /// Null: it is not listed.
  [[nodiscard]] SharedLog find(std::string_view origin) const;
  [[nodiscard]] SharedLog find(const Hash& id) const;
  [[nodiscard]] std::size_t size() const;
  /// In place of all.
  void replace(std::vector<SharedLog> logs);
  /// In place of the one of this origin. Requires that there is one.
  void update(KnownLog log);

 private:
  using ByOrigin = std::map<std::string, SharedLog, std::less<>>;
  mutable Mutex mutex_;
  ByOrigin logs_ GUARDED_BY(mutex_);
  std::map<Hash, SharedLog> by_id_ GUARDED_BY(mutex_);
};

}  // namespace varve::witness
