// Copying a log's files from a server into a directory: what fetch and mirror share.
#pragma once

#include <cstdint>
#include <string>

#include "tools/audit/commands.h"
#include "tools/audit/export_writer.h"
#include "tools/audit/lib/export_plan.h"
#include "tools/audit/remote_log.h"

namespace varve::audit {

/// The log as a server gave it at one time; nothing of it is verified.
struct Target {
  std::string note;
  std::string keys;  // JSON
  TreeSize size;
};

/// The newer of the log's checkpoint and the one that its keys were proven under: the key history
/// must not reach beyond the records.
Result<Target> choose_target(const RemoteLog& log);

/// Fetches what the plan has and the directory has not, over request.connections at once. Returns how
/// many files were new. Errors: as RemoteLog::fetch and ExportWriter::put; what was put stays.
Result<std::uint64_t> fetch_missing(const Request& request, const ExportPlan& plan,
                                    ExportWriter& writer);

}  // namespace varve::audit
