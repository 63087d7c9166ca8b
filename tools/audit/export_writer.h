// The directory that `varve-audit fetch` fills: whole files only, put in place by renaming, so that
// an interrupted export is continued and never mistaken for a finished one. What lies there may be
// somebody else's: links are neither followed nor written through.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/env/filesystem.h"
#include "tools/audit/lib/export_plan.h"

namespace varve::audit {

class ExportWriter {
 public:
  /// Makes the directory when it is not there; its parent is. Errors: kIo, kNotFound.
  static Result<ExportWriter> open(const std::string& directory);

  /// Nobody else who asks for this changes the directory while the lock lives.
  /// Errors: kBusy  another run has it.  kIo.
  [[nodiscard]] Result<std::unique_ptr<env::Lock>> lock();

  /// Thread: any, also at once.
  [[nodiscard]] Result<bool> has(const std::string& path) const;
  /// Errors: kFull, kIo. Thread: any, also at once for different paths.
  Result<void> put(const std::string& path, Bytes bytes);
  /// Makes everything that was put durable.
  Result<void> sync();
  /// sync(), then removes what no log of `now` records needs: files of tiles and bundles that were
  /// not full at another size, and what a killed run was writing.
  Result<void> finish(TreeSize now);
  /// Nothing when it is not there. Errors: kIo.
  Result<void> remove(const std::string& path);
  /// The same, and it stays away. `path` is in a folder.
  Result<void> remove_durably(const std::string& path);
  /// Removes what is not of the log's first `size` records alone, so that it is fetched again: of
  /// the first `items` items of the plan of `now`, which may be of more files than there ever were.
  Result<void> remove_behind(TreeSize size, TreeSize now, std::uint64_t items);
  [[nodiscard]] const env::Filesystem& files() const { return *files_; }
  /// The size that the export had, from its checkpoint; 0 when there is none.
  /// Errors: kInvalid  the file is no checkpoint, or one of another log than `origin`.
  [[nodiscard]] Result<TreeSize> size_before(const std::string& origin) const;

 private:
  explicit ExportWriter(std::unique_ptr<env::Filesystem> files);
  Result<void> make_parents(const std::string& path);

  std::unique_ptr<env::Filesystem> files_;
  std::unique_ptr<Mutex> mutex_;
  std::set<std::string> directories_ GUARDED_BY(*mutex_);  // made by this run, or found
};

}  // namespace varve::audit
