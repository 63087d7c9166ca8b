// Copying a log's files from a server into a directory: what fetch and mirror share.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/rules/key_timeline.h"
#include "ledger/verify/finding.h"
#include "ledger/verify/kept_events.h"
#include "tools/audit/commands.h"
#include "tools/audit/export_writer.h"
#include "tools/audit/gone.h"
#include "tools/audit/lib/export_plan.h"
#include "tools/audit/remote_log.h"

namespace varve::audit {

/// The log as a server gave it at one time.
struct Target {
  std::string note;
  std::string keys;  // JSON
  TreeSize size;
  std::optional<verify::Finding> lie;  // the checkpoint or the keys do not verify: fetch nothing
};

/// The newer of the log's checkpoint and the one that its keys were proven under: the key history
/// must not reach beyond the records. Both are verified, from the first key on, before a record is
/// asked for: nothing is fetched for a size that nobody signed.
Result<Target> choose_target(const RemoteLog& log, const format::VerifierKey& first);

struct Fetched {
  std::uint64_t files = 0;        // new ones
  std::vector<ExportItem> again;  // of these: what the directory should have had, by its size
  KeptEvents kept;
  verify::Claims claims;               // of tombstones in the place of these
  std::uint64_t visited = 0;           // items of the plan that are there now, or were looked for
  std::optional<verify::Finding> lie;  // a tombstone that cannot be true, of an event that is here.
                                       // Its file was not put, nor what comes after it
};

/// What the directory was before.
struct Before {
  TreeSize size;
  std::function<Result<void>()> incomplete;  // called once when it lacks a file of that size,
                                             // before that is put
};

/// Fetches what the plan has and the directory has not, over request.connections at once. An event
/// in the part of a bundle that the directory held before is never exchanged for a tombstone.
/// Errors: as RemoteLog::fetch, ExportWriter::put and Before::incomplete; what was put stays.
Result<Fetched> fetch_missing(const Request& request, const ExportPlan& plan, const Before& before,
                              ExportWriter& writer);

}  // namespace varve::audit
