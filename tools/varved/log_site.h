// What varved is made of: tokens, and logs over it on a real disk.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "hsm/token_set.h"
#include "ledger/env/posix.h"
#include "ledger/log/keys_of_month.h"
#include "tools/varved/config.h"

namespace varve::tools {

/// Nothing that stands in the way, but worth a line at a start.
struct Warning {
  std::string_view event;  // as the log line has it
  std::string message;
};

/// A log's options and environment, ready to be opened or audited.
struct LogSite {
  std::string name;
  bool open_reads = true;
  LogOptions options;
  std::unique_ptr<env::Filesystem> files;
  std::unique_ptr<env::Filesystem> mark_files;  // only when marks are kept
  std::unique_ptr<env::HighWaterMark> marks;    // over mark_files, in the token, or both
  std::vector<Warning> warnings;                // what an operator should know at a start
};

/// In the directory of its high-water mark.
std::string mark_file_name(const LogConfig& log);

/// Errors: kNotFound  the configuration has no log of this name.
Result<LogConfig> find_log(const Config& config, const std::string& name);

/// Reads the PINs, opens each token once, that of [hsm] first. A PIN that is refused is written
/// down in the data directory and not tried by a later process either. Errors: as read_pin and
/// Token::open.
Result<std::unique_ptr<hsm::TokenSet>> open_tokens(const Config& config);

/// All of the site but its directory: finds the log's marks and its first key. The tokens are asked for the key
/// where the configuration names an object on them, and for what record 0 says of it where there is
/// neither a store nor a mark: the log is new. Makes nothing, but for the moment of token_mark().
/// Errors: as prepare_log.
Result<LogSite> find_site(const LogConfig& config, const std::string& data, hsm::TokenSet& tokens);
/// Makes the log's directory below `data` when it is not there (mode 0700), and opens it.
/// Errors: kIo.
Result<void> open_site(LogSite& site, const std::string& data);

/// As find_site(), for one who only reads the store: its directory has to be there.
/// Errors: kNotFound  it is not.  As find_site().
Result<LogSite> find_store(const LogConfig& config, const std::string& data,
                           hsm::TokenSet& tokens);

/// Both. The
/// directory of its high-water mark has to be there: one that is not mounted must not look like one
/// without a mark.
/// Errors: kNotFound  no such key or directory.  kIo, kBusy, kInvalid.
///         kCorrupt   no such key, and the store is empty although it has a mark.
Result<LogSite> prepare_log(const LogConfig& config, const std::string& data,
                            hsm::TokenSet& tokens);

/// Which keys of a month the tokens have for this log. `tokens` outlives what is returned.
log::KeysOfMonth keys_of_month(const LogSite& site, hsm::TokenSet& tokens);

Environment environment_of(LogSite& site, hsm::TokenSet& tokens);

}  // namespace varve::tools
