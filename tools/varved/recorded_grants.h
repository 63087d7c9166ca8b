// What the configuration grants, as it is now and as the records of a log have it.
#pragma once

#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/access/grants.h"
#include "api/access/tokens.h"
#include "ledger/format/grants.h"
#include "ledger/ledger.h"
#include "tools/varved/config.h"

namespace varve::tools {

/// On the log of that name, which the configuration has.
api::Granting granting_on(const Config& config, const api::Tokens& tokens, const std::string& log);
/// The same, as grants.
std::vector<format::Grant> configured_grants(const Config& config, const api::Tokens& tokens,
                                             const std::string& log);

using GrantsRecord = std::future<Result<Appended>>;

/// Appends a record where the log's newest one says something else, and does not wait for it. A log on
/// which nothing is or was granted gets none. nullopt: there is nothing to append.
/// Errors of the record: as Log::append_control.
std::optional<GrantsRecord> record_grants(Log& log, const std::string& origin,
                                          std::vector<format::Grant> wanted);

/// What counts on one log and is not on record yet: in order, so that what counted for a moment is on record too, and
/// one at a time, so that the newest record is what counts. `log` outlives it. Thread: one at a time.
class GrantsToRecord {
 public:
  GrantsToRecord(Log& log, std::string origin) : log_(log), origin_(std::move(origin)) {}

  /// These count from now on.
  void add(std::vector<format::Grant> grants);
  /// Appends the next record, and does not wait for it.
  void start();
  /// Appends all, one after the other. Returns whether there is a new record. What is left after an error waits for the
  /// next call. Errors: kBusy  the log has not answered until `deadline`; as Log::append_control.
  Result<bool> settle(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] bool settled() const { return waiting_.empty(); }

 private:
  Log& log_;
  const std::string origin_;
  std::deque<std::vector<format::Grant>> waiting_;  // the oldest first
  std::optional<GrantsRecord> under_way_;           // of the oldest
};

/// Keeps the newest record's text in the file `grants` of the log's directory, for who reads it while the
/// log is open. Errors: kIo.
Result<void> keep_grants(const Log& log, const std::string& directory);
/// What keep_grants() left there. nullopt: nothing. Errors: kIo, kInvalid  names the file.
Result<std::optional<format::Grants>> kept_grants(const std::string& directory);

}  // namespace varve::tools
