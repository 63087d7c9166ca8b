// One log of the configuration with everything that Log::open takes: its options with its first
// key, its directory, and its high-water marks. Who needs what of it:
//
//   varved                   find_site() for every log, and once all are found, make_store() for
//                            each: a server that cannot start makes nothing
//   varved restore           prepare_site(), which is both for one log
//   varved audit and repair  find_existing_site(): the directory has to be there, nothing is made
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/token_set.h"
#include "ledger/env/posix.h"
#include "ledger/ledger.h"
#include "ledger/upkeep/keys_of_month.h"
#include "tools/varved/config.h"

namespace varve::tools {

/// Nothing that stands in the way, but worth a line at a start.
struct Warning {
  std::string_view event;  // as the log line has it
  std::string message;
};

struct LogSite {
  std::string name;
  bool open_reads = true;
  LogOptions options;
  RetentionConfig retention;                    // as LogConfig's
  std::unique_ptr<env::Filesystem> files;       // the log's directory; null until it is opened
  std::unique_ptr<env::Filesystem> mark_files;  // only when marks are kept in a directory
  std::unique_ptr<env::HighWaterMark> marks;    // over mark_files, in the token, or both
  std::vector<Warning> warnings;
};

/// Finds the log's marks and its first key; `files` stays null. The first key is asked of the
/// tokens where the configuration names an object on them, and so is what record 0 says of it where
/// there is neither a store below `data` nor a mark: then the log is new. The directory for marks
/// has to be there: one that is not mounted must not look like one without a mark. Makes nothing,
/// but for the moment of token_mark(). Errors: kNotFound  no such key, or no such directory for
/// marks.  kIo, kBusy, kInvalid.
///         kCorrupt   no such key, and the store is empty although it has a mark.
Result<LogSite> find_site(const LogConfig& config, const std::string& data, hsm::TokenSet& tokens);

/// Opens the log's directory below `data`, made when it is not there (mode 0700). Errors: kIo.
Result<void> make_store(LogSite& site, const std::string& data);

/// find_site(), then make_store(). Errors: as both.
Result<LogSite> prepare_site(const LogConfig& config, const std::string& data,
                             hsm::TokenSet& tokens);

/// As find_site(), with the log's directory, which has to be there. A mark that says nothing of this
/// log is no reason not to look at its store. Errors: kNotFound  it is not. As find_site().
Result<LogSite> find_existing_site(const LogConfig& config, const std::string& data,
                                   hsm::TokenSet& tokens);

/// What Log::open takes beside the options. Requires `files`. `site` and `tokens` outlive it.
Environment environment_of(LogSite& site, hsm::TokenSet& tokens);

/// Which keys of a month the tokens have for this log. `tokens` outlives what is returned.
upkeep::KeysOfMonth keys_of_month(const LogSite& site, hsm::TokenSet& tokens);

/// The log of that name. Errors: kNotFound  the configuration has none.
Result<LogConfig> find_log(const Config& config, const std::string& name);

/// In the directory for marks.
std::string mark_file_name(const LogConfig& log);

}  // namespace varve::tools
