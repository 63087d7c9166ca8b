// What Prometheus is told of a run that a timer starts: a file for the textfile collector of its node exporter.
// A backup that nobody has verified for months is noticed by the age of the last run that was sound, and one
// that is not intact at once.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/result.h"

namespace varve::tools {

struct RunOutcome {
  std::string command;  // "mirror"
  std::string origin;   // of the log
  int exit = 0;         // the program's exit code
};

/// Writes three metrics to `path`, which everybody may read: `varve_backup_exit_code`, when the run ended, and
/// when the last one ended that was sound (0, or 18 where events are gone with their keys). The last is kept
/// from the file that is there, if it is of the same command and log. `now_s`: since 1970.
/// Errors: as replace_file.
Result<void> write_run_metrics(const std::string& path, const RunOutcome& outcome,
                               std::uint64_t now_s);

/// The same, at the end of `program`, by the machine's clock; with an empty `path` nothing. Returns the program's
/// exit code: outcome.exit, or where that is 0 that of an error, which it reports.
int leave_run_metrics(const char* program, const std::string& path, const RunOutcome& outcome);

}  // namespace varve::tools
