// A log that is served, with all that works beside it: opened at the start or when it joins, closed at the end.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "api/access/hosted_log.h"
#include "api/access/journal.h"
#include "api/access/root_signer.h"
#include "api/outbound/time_stamps.h"
#include "api/outbound/witnesses.h"
#include "hsm/token_set.h"
#include "tools/varved/indexer.h"
#include "tools/varved/log_site.h"
#include "tools/varved/recorded_grants.h"

namespace varve::tools {

/// What logs of one server share. All of it outlives them.
struct Shared {
  api::Journal& journal;
  hsm::TokenSet& tokens;
  std::shared_ptr<env::TokenTurns> turns;  // at `tokens`
  env::Filesystem& data;                   // where what others say of checkpoints is kept
};

/// Lines of the journal. `log`: its name; empty: of none.
void warn(api::Journal& journal, const std::string& log, const std::vector<Warning>& warnings);

/// Thread: one.
class ServedLog {
 public:
  /// Makes the log's directory below `data` where there is none, and opens the log.
  /// Errors: as make_store() and Log::open.
  static Result<std::unique_ptr<ServedLog>> open(LogSite site, const std::string& data,
                                                 const Shared& shared);
  ServedLog(const ServedLog&) = delete;
  ServedLog& operator=(const ServedLog&) = delete;

  /// Starts what asks others for their word on its checkpoints. Once. Errors: kInvalid, kIo  as the configuration says.
  Result<void> ask_others(const LogConfig& config);
  /// Requires ask_others().
  [[nodiscard]] api::HostedLog hosted() const;
  /// Starts the indexer, if it is to have one. An index that is made from a log's beginning takes long: nobody waits.
  void start_indexer(const LogConfig& config);
  /// Keeps the newest record of grants where the access report reads it.
  void keep_grants() const;

  /// Ends what works beside it; its log goes on.
  void stop_beside();

  [[nodiscard]] const LogSite& site() const { return site_; }
  [[nodiscard]] Log& log() const { return *log_; }
  [[nodiscard]] GrantsToRecord& grants() { return *grants_; }
  [[nodiscard]] bool is_draft() const;

 private:
  ServedLog(LogSite site, const Shared& shared) : site_(std::move(site)), shared_(shared) {}
  Result<void> open_log(const std::string& data);
  Result<void> ask_witnesses(const LogConfig& config);
  void tell_retention() const;

  // Opened front to back, closed back to front.
  LogSite site_;
  const Shared shared_;
  std::unique_ptr<Log> log_;
  std::optional<GrantsToRecord> grants_;
  std::unique_ptr<api::Witnesses> witnesses_;     // null: it asks none
  std::unique_ptr<api::TimeStamps> time_stamps_;  // the same
  std::unique_ptr<api::RootSigner> roots_;        // null: the log has ended, so that no key signs
  std::unique_ptr<Indexer> indexer_;              // null: it is not indexed
};

}  // namespace varve::tools
