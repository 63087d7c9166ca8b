// Compare, restore, audit, delete.
#include "tools/varved/drill.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "ledger/base/visible.h"
#include "ledger/env/durable.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/restore.h"
#include "tools/common/exit_code.h"
#include "tools/common/mirror.h"
#include "tools/common/new_directory.h"
#include "tools/common/run_metrics.h"
#include "tools/config/asked.h"
#include "tools/config/audit_config.h"
#include "tools/varved/commands.h"
#include "tools/varved/destroyed_months.h"
#include "tools/varved/live_log.h"
#include "tools/varved/retention_config.h"
#include "tools/varved/scratch_store.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kDerivedBytes = 160;  // of a record: hashes and look-ups
constexpr std::uint64_t kRest = 64 * kMiB;    // the catalogue, and the file system's own

struct Drilled {
  std::string name;
  Compared compared;
  upkeep::RestoreReport restored;
  upkeep::AuditReport audited;
  Seconds restoring{};
  Seconds auditing{};
};

/// Errors: kInvalid  says what the file lacks.
Result<std::pair<std::string, LiveLog>> live_log_of(const DrillOptions& options) {
  ASSIGN_OR_RETURN(const AuditConfig config, load_audit_config(options.config));
  std::vector<std::string> names;
  for (const AuditConfig::Log& log : config.logs) names.push_back(log.name);
  ASSIGN_OR_RETURN(const std::size_t chosen, chosen_log(names, {options.config, options.log}));
  const AuditConfig::Log& log = config.logs[chosen];
  if (log.first_vkey.empty())
    return invalid(options.config + ": the [[log]] " + log.name +
                   " has no first_vkey, the file with its first public key");
  ASSIGN_OR_RETURN(const std::string vkey, read_first_vkey(log.first_vkey));
  LiveLog live;
  ASSIGN_OR_RETURN(live.first, format::parse_vkey(vkey));
  live.url = config.auditor.server + "/logs/" + log.name;
  live.http.ca_file = config.auditor.ca;
  live.http.token_file = config.auditor.bearer;
  return std::pair{log.name, std::move(live)};
}

Result<std::uint64_t> bytes_below(const fs::path& directory) {
  std::uint64_t bytes = 0;
  std::error_code failed;
  fs::recursive_directory_iterator entry(directory, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed))
    if (entry->is_regular_file(failed)) bytes += entry->file_size(failed);
  if (failed) return io_error(directory.string() + ": " + failed.message());
  return bytes;
}

/// More than the store will take: a frame is hardly larger than its records.
Result<void> expect_room(const env::Filesystem& mirror, TreeSize size, NewDirectory& scratch) {
  ASSIGN_OR_RETURN(const std::uint64_t entries, bytes_below(mirror.system_path("tile/entries")));
  ASSIGN_OR_RETURN(const std::uint64_t free, scratch.files().free_bytes());
  const std::uint64_t needed = entries + kDerivedBytes * size.value + kRest;
  if (needed <= free) return {};
  return Error{Code::kFull, "the log needs up to " + std::to_string(needed / kMiB) + " MiB and " +
                                fs::path(scratch.path()).parent_path().string() + " has " +
                                std::to_string(free / kMiB) +
                                " MiB: give --scratch a directory on a larger disk"};
}

LogOptions options_of(const LiveLog& live) {
  LogOptions options;
  options.origin = live.first.name;
  options.first_key = live.first;
  options.kek_prefix = "drill";
  return options;
}

/// Into the scratch directory, with the mirror's own checkpoint, compared before, in place of a mark.
Result<void> restore_and_audit(const DrillOptions& options, const LiveLog& live,
                               const env::Filesystem& mirror, NewDirectory& scratch, Drilled& out) {
  RETURN_IF_ERROR(scratch.files().make_directory("store"));
  ASSIGN_OR_RETURN(auto plain, env::open_posix(scratch.beside() + "/store"));
  const auto files = deletable(std::move(plain));
  ASSIGN_OR_RETURN(MemoryVault vault, MemoryVault::make(env::system_random()));
  NoSigner signer;
  const format::Checkpoint& copy = out.compared.copy;
  FixedMark mark({merkle::sha256(bytes_of(copy.origin)), copy.size, copy.root});
  const Environment environment{
      env::posix_clock(), env::system_random(), *files, signer, vault, &mark};
  const LogOptions log = options_of(live);
  upkeep::Disposals disposals;
  ASSIGN_OR_RETURN(disposals.named, destroyed_months(options.destroyed));
  disposals.keys = [](KeyPeriod) { return std::vector<std::string>(); };
  const auto begun = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(out.restored, upkeep::restore_store(log, environment, mirror, disposals));
  const auto restored = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const auto lock, files->lock("lock"));
  ASSIGN_OR_RETURN(out.audited,
                   upkeep::audit_files(log, environment, [](std::uint64_t, std::uint64_t) {}));
  out.restoring = restored - begun;
  out.auditing = std::chrono::steady_clock::now() - restored;
  if (out.audited.trouble) return *out.audited.trouble;
  return {};
}

Result<Drilled> run_drill(const DrillOptions& options, const std::string& name,
                          const LiveLog& live) {
  ASSIGN_OR_RETURN(const auto mirror, env::open_posix(options.from));
  RETURN_IF_ERROR(expect_no_exchange(*mirror));
  ASSIGN_OR_RETURN(const Buffer note, env::read_whole(*mirror, "checkpoint", format::kNoteMax));
  Drilled out;
  out.name = name;
  ASSIGN_OR_RETURN(out.compared, compare_with(live, std::string(text_of(note))));
  ASSIGN_OR_RETURN(NewDirectory scratch,
                   NewDirectory::create(options.scratch + "/varve-drill-" + name));
  RETURN_IF_ERROR(expect_room(*mirror, out.compared.copy.size, scratch));
  RETURN_IF_ERROR(restore_and_audit(options, live, *mirror, scratch, out));
  return out;
}

void print_drill(const Drilled& drilled) {
  const char* const name = drilled.name.c_str();
  for (const upkeep::StoreFinding& finding : drilled.audited.findings)
    std::printf("%s: %s: %s\n", name, visible(finding.where).c_str(),
                visible(finding.what).c_str());
  const std::uint64_t records = drilled.restored.size.value;
  std::printf(
      "%s: restored in %.1f s and audited in %.1f s: %llu records in %llu segments, %llu MiB\n",
      name, drilled.restoring.count(), drilled.auditing.count(),
      static_cast<unsigned long long>(records),
      static_cast<unsigned long long>(drilled.restored.segments),
      static_cast<unsigned long long>(drilled.audited.bytes / kMiB));
  if (drilled.restored.is_draft) std::printf("%s: %s\n", name, kIsADraft);
  for (const auto& [month, events] : drilled.restored.destroyed)
    std::printf("%s: of these, %llu events of %s are destroyed: the log has their hashes alone\n",
                name, static_cast<unsigned long long>(events), month.c_str());
  std::printf("%s: the mirror is a beginning of what the server has: %llu records are newer\n",
              name, static_cast<unsigned long long>(drilled.compared.live.size.value - records));
}

int exit_of(const Result<Drilled>& drilled) {
  if (!drilled) return report(kVarved, drilled.error());
  print_drill(*drilled);
  return drilled->audited.findings.empty() ? kExitOk : exit_code(Code::kCorrupt);
}

}  // namespace

int drill(const DrillOptions& options) {
  const auto found = live_log_of(options);
  if (!found) return report(kVarved, found.error());
  const auto& [name, live] = *found;
  const int exit = exit_of(run_drill(options, name, live));
  return leave_run_metrics(kVarved, options.metrics_file, {"drill", live.first.name, exit});
}

}  // namespace varve::tools
