// The subcommands. Each returns the program's exit code (tools/common/exit_code.h): 0 when
// everything was done, 10 also when some input had to be refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/collect/config.h"
#include "tools/collect/sealer.h"
#include "tools/collect/spool.h"

namespace varve::collect {

struct WorkOptions {
  std::string directory;
  SpoolOptions spool;
  BatchLimits batch;
  std::uint64_t patience_s = 60;      // without progress; 0: for ever
  bool spool_only = false;            // read and seal, send later
  std::uint64_t hold_s = 3'600;       // FollowOptions::hold_ms
  std::uint64_t heartbeat_s = 3'600;  // HeartbeatTimer
  std::string metrics_file;           // FollowMetrics
};

/// Makes the directory, the key, and the note that registers the source.
Result<int> init(const std::string& directory, Config config);
/// Posts DIR/register.note with an operator's token.
Result<int> register_source(const std::string& directory, const std::string& operator_token_file);
/// Takes files, directories, or "-": standard input; sends what is spooled.
Result<int> append_files(const WorkOptions& options, const std::vector<std::string>& paths);
/// Takes what is in the files and what is added to them, until SIGTERM or SIGINT. What the log or
/// the network refuses and an operator can mend does not end it.
Result<int> follow(const WorkOptions& options, const std::vector<std::string>& paths);
/// Sends what is spooled.
Result<int> send(const WorkOptions& options);
/// What is spooled and what was promised; may be asked while another command works.
Result<int> status(const std::string& directory);
/// Sends what is spooled, then replaces the source's key; a rotation that was interrupted is
/// finished.
Result<int> rotate_key(const WorkOptions& options);
/// Checks every stored receipt again, offline, and that all are of one history. With `fetch` the
/// log is asked for what is missing to show that. Errors: kNotFound  something is.
Result<int> verify_stored_receipts(const std::string& directory, bool fetch);
/// Lifts stored receipts under the newest checkpoint that the policy's witnesses have cosigned. May run while another
/// command works. Errors: kCorrupt  also: a receipt does not hold, or is of another history than the witnesses saw;
/// all others are lifted.
Result<int> upgrade_stored_receipts(const std::string& directory, const std::string& policy_file);

}  // namespace varve::collect
