// What the configuration grants, as it is now and as the records of a log have it.
#pragma once

#include <future>
#include <optional>
#include <string>
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

/// Keeps the newest record's text in the file `grants` of the log's directory, for who reads it while the
/// log is open. Errors: kIo.
Result<void> keep_grants(const Log& log, const std::string& directory);
/// What keep_grants() left there. nullopt: nothing. Errors: kIo, kInvalid  names the file.
Result<std::optional<format::Grants>> kept_grants(const std::string& directory);

}  // namespace varve::tools
