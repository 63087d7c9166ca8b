// One process at work in a collector's directory: everything it opens, and the lock it holds.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/note.h"
#include "tools/client/http.h"
#include "tools/collect/config.h"
#include "tools/collect/source_key.h"
#include "tools/collect/spool.h"

namespace varve::collect {

/// The directory of a collector, for its owner alone.
/// Errors: kNotFound.  kInvalid  others may enter it.  kIo.
Result<std::unique_ptr<env::Filesystem>> open_directory(const std::string& directory);
/// Errors: kNotFound  init did not run here.  kInvalid  the configuration.
Result<Config> read_config(const env::Filesystem& files);
/// For one thread. Requests end soon once `*cancelled` is true; null: they take their time.
/// Errors: those of HttpClient::open.
Result<client::HttpClient> connect(const Config& config,
                                   const std::atomic<bool>* cancelled = nullptr);

/// Members are released in reverse order: the lock last but one.
struct Session {
  std::unique_ptr<env::Filesystem> files;
  std::unique_ptr<env::Lock> lock;
  Config config;
  format::VerifierKey log_key;  // the log's first key
  SourceKey key;
  std::unique_ptr<Spool> spool;
};

/// Errors: kWorm     another process works there.
///         kInvalid  a key rotation has to be finished first.  Others as its parts give them.
Result<std::unique_ptr<Session>> open_session(const std::string& directory, SpoolOptions options);
/// The same for rotate-key itself.
Result<std::unique_ptr<Session>> open_session_for_rotation(const std::string& directory);

}  // namespace varve::collect
