// Replacing segments by what the audit accepts in their place.
#include "ledger/upkeep/repair.h"

#include <algorithm>
#include <utility>

#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/recovery/found_checkpoints.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::upkeep {
namespace {

constexpr std::uint64_t kChunk = 1u << 20;

constexpr std::string_view kFolder = "segments/";
constexpr std::string_view kRemains = "remains/";
const char* const kUnfinished = ".new";
const char* const kDamaged = ".damaged";

/// A path of the store without its ending: in the folder of segments, also of remains, of which whoever lists them
/// reads each.
std::string beside(const std::string& path) {
  if (path.starts_with(kFolder)) return path;
  return std::string(kFolder) + "remains-" + path.substr(kRemains.size());
}

/// Of a segment's file, or of its remains.
Result<std::uint64_t> ordinal_of(const std::string& path) {
  if (path.starts_with(kFolder)) return store::parse_segment_name(path.substr(kFolder.size()));
  return store::parse_remains_name(path.substr(kRemains.size()));
}

/// The store as it would be: one path is read from where its new file is.
class AsRepaired final : public env::Filesystem {
 public:
  AsRepaired(env::Filesystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  [[nodiscard]] Result<std::unique_ptr<env::File>> open_read(
      const std::string& path) const override {
    return files_.open_read(path == path_ ? beside(path_) + kUnfinished : path);
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override {
    auto listed = files_.list(path);
    const bool is_new = path == store::kRemainsFolder && !listed &&
                        listed.error().code == Code::kNotFound && path_.starts_with(kRemains);
    if (!listed && !is_new) return listed;
    std::vector<std::string> names;
    if (listed) names = std::move(*listed);
    const std::string folder = path + "/";
    if (!path_.starts_with(folder)) return names;
    const std::string name = path_.substr(folder.size());
    const auto at = std::ranges::lower_bound(names, name);
    if (at == names.end() || *at != name) names.insert(at, name);
    return names;
  }

  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    return files_.create(path);
  }
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override {
    return files_.open_or_create(path);
  }
  Result<void> make_directory(const std::string& path) override {
    return files_.make_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    return files_.sync_directory(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return files_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return files_.remove(path); }
  Result<std::unique_ptr<env::Lock>> lock(const std::string& path) override {
    return files_.lock(path);
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return files_.free_bytes(); }
  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return files_.system_path(path);
  }

 private:
  env::Filesystem& files_;
  const std::string path_;
};

/// Findings about derived files are no part of the truth.
bool is_truth(const std::string& where) {
  return where.starts_with(kFolder) || where.starts_with(kRemains);
}

/// The first finding that names a segment, or what remains of one; others may stand before it.
const StoreFinding* damaged_segment(const AuditReport& report) {
  const auto found = std::ranges::find_if(
      report.findings, [](const StoreFinding& finding) { return is_truth(finding.where); });
  return found == report.findings.end() ? nullptr : &*found;
}

class Repair {
 public:
  Repair(const LogOptions& options, const Environment& environment, const OpenInCopy& copy,
         const KeysOfMonth& keys)
      : options_(options), env_(environment), copy_(copy), keys_(keys) {}

  Result<RepairReport> run() {
    auto repaired = replace_all();
    if (!repaired && report_.replaced.empty()) return std::move(repaired).error();
    if (!repaired) report_.unfinished = std::move(repaired).error();
    return std::move(report_);
  }

 private:
  Result<void> replace_all() {
    ASSIGN_OR_RETURN(AuditReport audit, audit_of(env_.files));
    while (const StoreFinding* damage = damaged_segment(audit)) {
      damaged_ = damage->where;
      std::string path = damaged_;
      auto repaired = try_on(path);
      if (!repaired && !is_trouble(repaired.error())) {
        ASSIGN_OR_RETURN(const std::string other, other_of(path));
        auto instead = other.empty() ? Result<AuditReport>(not_found("")) : try_on(other);
        if (!instead && instead.error().code != Code::kNotFound) return std::move(instead).error();
        if (instead) repaired = std::move(instead);
        if (instead) path = other;
      }
      ASSIGN_OR_RETURN(audit, std::move(repaired));
      RETURN_IF_ERROR(put_in_place(path));
    }
    report_.left = std::move(audit.findings);
    report_.mark_unknown = std::move(audit.mark_unknown);
    return {};
  }

  /// What else may stand in that place: the file of a segment whose remains are damaged, where no record disposes of
  /// it; and the remains of a segment that has no file. Empty: nothing.
  [[nodiscard]] Result<std::string> other_of(const std::string& path) const {
    const auto ordinal = ordinal_of(path);
    if (!ordinal) return std::string();
    if (path.starts_with(kRemains)) return store::segment_path(*ordinal);
    ASSIGN_OR_RETURN(const bool has_file, store::has_segment_file(env_.files, *ordinal));
    return has_file ? std::string() : store::remains_path(*ordinal);
  }

  Result<AuditReport> audit_of(env::Filesystem& files) {
    const Environment there{env_.clock, env_.random, files,      env_.signer,
                            env_.vault, env_.marks,  env_.notice};
    auto report = audit_files(options_, there, [](std::uint64_t, std::uint64_t) {});
    if (report && report->trouble) return *report->trouble;  // half an audit decides nothing
    return report;
  }

  /// The audit of the store with the copy's file in place of `path`, which is beside it now.
  Result<AuditReport> try_on(const std::string& path) {
    auto theirs = copy_(path);
    if (!theirs) return std::move(theirs).error().during("looking for " + path + " in the copy");
    const std::string fresh = beside(path) + kUnfinished;
    auto stale = env_.files.remove(fresh);  // of a repair that was cut off
    if (!stale && stale.error().code != Code::kNotFound) return std::move(stale).error();
    RETURN_IF_ERROR(duplicate(**theirs, fresh));
    auto audit = check(path);
    if (!audit) RETURN_IF_ERROR(env_.files.remove(fresh));
    return audit;
  }

  /// The log's records say whether remains may be there, and the tree whether they are true: so says the audit.
  Result<AuditReport> check(const std::string& path) {
    if (path.starts_with(kRemains)) return audit_with(path);
    ASSIGN_OR_RETURN(const auto fresh, env_.files.open_read(path + kUnfinished));
    const auto footer = store::read_footer(*fresh);
    if (!footer && is_trouble(footer.error())) return footer.error();
    if (!footer) return does_not_help(path, "it is not a whole sealed segment");
    RETURN_IF_ERROR(covers_what_is_there(path, footer->footer.end));
    ASSIGN_OR_RETURN(AuditReport audit, audit_with(path));
    if (std::ranges::count(audit.unreadable, path) != 0)
      RETURN_IF_ERROR(must_be_unreadable(path, *fresh));
    return audit;
  }

  Result<AuditReport> audit_with(const std::string& path) {
    AsRepaired repaired(env_.files, path);
    ASSIGN_OR_RETURN(AuditReport audit, audit_of(repaired));
    ASSIGN_OR_RETURN(const bool vouched_for, vouched_for_otherwise(path));
    for (const StoreFinding& finding : audit.findings)
      if (finding.where == damaged_ || speaks_against(finding, path, !vouched_for))
        return does_not_help(path,
                             "with it the audit finds " + finding.where + ": " + finding.what);
    return audit;
  }

  /// Its events are hashes in the store's remains: the key has to be gone, whatever they say.
  Result<void> must_be_unreadable(const std::string& path, const env::File& fresh) {
    ASSIGN_OR_RETURN(const store::SegmentHeader header, store::read_segment_header(fresh));
    ASSIGN_OR_RETURN(const auto keys, keys_(header.period()));
    if (keys.empty()) return {};
    return does_not_help(path,
                         "its events cannot be read, although a token has the key of their "
                         "month, " +
                             keys.front());
  }

  static Error does_not_help(const std::string& path, const std::string& why) {
    return corrupt(path + " of the copy does not help, " + why);
  }

  /// A segment that another one continues needs no other witness: the other one holds its hash. The
  /// newest has what was made from it (hash files, catalogue), unless the operator deleted that.
  Result<bool> vouched_for_otherwise(const std::string& path) {
    const auto ordinal = ordinal_of(path);
    if (ordinal) {
      ASSIGN_OR_RETURN(const bool continued, store::has_segment(env_.files, *ordinal + 1));
      if (continued) return true;
    }
    ASSIGN_OR_RETURN(const bool derived, env::exists(env_.files, "catalogue/data.mdb"));
    return !derived;
  }

  static std::string behind(const std::string& path) {
    const auto ordinal = ordinal_of(path);
    return ordinal ? store::segment_path(*ordinal + 1) : path;
  }

  static bool speaks_against(const StoreFinding& finding, const std::string& path,
                             bool derived_counts) {
    if (finding.where == path || finding.where == "segments") return true;  // the latter: the mark
    if (!is_truth(finding.where)) return derived_counts;
    return finding.where == behind(path) && finding.what == kDoesNotContinue;
  }

  /// No checkpoint that is still readable in the damaged file may speak of more than the new one
  /// has: the copy may be of a time when the segment was still growing.
  Result<void> covers_what_is_there(const std::string& path, LeafIndex end) {
    const auto damaged = env_.files.open_read(path);
    if (!damaged && damaged.error().code == Code::kNotFound) return {};
    if (!damaged) return damaged.error();
    ASSIGN_OR_RETURN(const TreeSize promised,
                     recovery::promised_size(**damaged, ByteOffset{0}, options_.origin));
    if (promised > TreeSize{end.value})
      return does_not_help(path, "it ends with " + std::to_string(end.value) +
                                     " records, the damaged one has a checkpoint of " +
                                     std::to_string(promised.value));
    return {};
  }

  /// One rename: at no time is there no such segment. From then on the report has it, whatever fails behind.
  Result<void> put_in_place(const std::string& path) {
    const auto damaged = env_.files.open_read(path);
    if (!damaged && damaged.error().code != Code::kNotFound) return damaged.error();
    ASSIGN_OR_RETURN(const std::string kept, free_name(beside(path) + kDamaged));
    const std::string fresh = beside(path) + kUnfinished;
    if (path.starts_with(kRemains))
      RETURN_IF_ERROR(env_.files.make_directory(store::kRemainsFolder));
    if (damaged) RETURN_IF_ERROR(duplicate(**damaged, kept));
    if (auto renamed = env_.files.rename(fresh, path); !renamed) {
      RETURN_IF_ERROR(env_.files.remove(fresh));
      if (damaged) RETURN_IF_ERROR(env_.files.remove(kept));
      return std::move(renamed).error().during(
          "replacing it. Is it immutable? Then take that away yourself: chattr -i " +
          env_.files.system_path(path));
    }
    report_.replaced.push_back(path);
    report_.kept.push_back(damaged ? kept : std::string());
    RETURN_IF_ERROR(sync_both());
    if (path.starts_with(kRemains)) return {};
    ASSIGN_OR_RETURN(const auto file, env_.files.open_read(path));
    RETURN_IF_ERROR(file->make_immutable());  // where it takes, as when a segment is sealed
    return path == damaged_ ? Result<void>() : put_away(damaged_);
  }

  /// Remains that nobody may believe: as long as they lie there, no key is made for their month.
  Result<void> put_away(const std::string& remains) {
    ASSIGN_OR_RETURN(const std::string kept, free_name(beside(remains) + kDamaged));
    RETURN_IF_ERROR(env_.files.rename(remains, kept));
    report_.kept.back() = kept;
    return sync_both();
  }

  Result<void> sync_both() {
    RETURN_IF_ERROR(env_.files.sync_directory("segments"));
    auto remains = env_.files.sync_directory(store::kRemainsFolder);
    if (!remains && remains.error().code != Code::kNotFound) return remains;
    return {};
  }

  /// What a repair before kept stays: "name", else the first of "name.2", "name.3" that is free.
  [[nodiscard]] Result<std::string> free_name(const std::string& name) const {
    std::string candidate = name;
    for (unsigned number = 2;; ++number) {
      ASSIGN_OR_RETURN(const bool taken, env::exists(env_.files, candidate));
      if (!taken) return candidate;
      candidate = name + "." + std::to_string(number);
    }
  }

  /// Durable at return. Errors: kWorm  `to` is there already.
  Result<void> duplicate(const env::File& from, const std::string& to) {
    ASSIGN_OR_RETURN(const ByteOffset size, from.size());
    ASSIGN_OR_RETURN(const auto file, env_.files.create(to));
    for (ByteOffset at; at < size;) {
      Buffer chunk(std::min(kChunk, size.value - at.value));
      RETURN_IF_ERROR(from.read(at, chunk));
      RETURN_IF_ERROR(file->write(at, chunk));
      at.value += chunk.size();
    }
    RETURN_IF_ERROR(file->sync());
    return env_.files.sync_directory("segments");
  }

  const LogOptions& options_;
  Environment env_;
  const OpenInCopy& copy_;
  const KeysOfMonth& keys_;
  std::string damaged_;  // what the finding names that is being repaired
  RepairReport report_;
};

}  // namespace

Result<RepairReport> repair_store(const LogOptions& options, const Environment& environment,
                                  const OpenInCopy& copy, const KeysOfMonth& keys) {
  ASSIGN_OR_RETURN(const auto lock, environment.files.lock("lock"));
  return Repair(options, environment, copy, keys).run();
}

}  // namespace varve::upkeep
