// Files of an export, written beside and renamed.
#include "tools/audit/export_writer.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "ledger/env/posix.h"
#include "ledger/format/checkpoint.h"
#include "tools/common/files.h"
#include "tools/common/new_file.h"

namespace varve::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTiles = "tile";
constexpr const char* kLockFile = "lock";

/// Of a tile or bundle that is not full, or of a write that was cut off.
bool is_passing(const fs::path& path) {
  return path.parent_path().extension() == ".p" || path.filename().string().starts_with('.');
}

/// Follows no links.
Result<std::vector<std::string>> passing_files(const env::Filesystem& files) {
  std::vector<std::string> found;
  const std::string root = files.system_path(kTiles);
  std::error_code failed;
  if (!fs::is_directory(fs::symlink_status(root, failed))) return found;
  fs::recursive_directory_iterator entry(root, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed))
    if (!fs::is_directory(entry->symlink_status()) && is_passing(entry->path()))
      found.push_back(kTiles + entry->path().string().substr(root.size()));
  if (failed) return Error{Code::kIo, "cannot list " + root + ": " + failed.message()};
  return found;
}

}  // namespace

ExportWriter::ExportWriter(std::unique_ptr<env::Filesystem> files)
    : files_(std::move(files)), mutex_(std::make_unique<Mutex>()) {}

Result<ExportWriter> ExportWriter::open(const std::string& directory) {
  std::string path = directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const tools::PathParts parts = tools::split_path(path);
  ASSIGN_OR_RETURN(const auto parent, env::open_posix(parts.directory));
  RETURN_IF_ERROR(parent->make_directory(parts.name));
  ASSIGN_OR_RETURN(auto files, env::open_posix(path));
  return ExportWriter(std::move(files));
}

Result<std::unique_ptr<env::Lock>> ExportWriter::lock() {
  auto lock = files_->lock(kLockFile);
  if (lock || lock.error().code != Code::kWorm) return lock;
  return busy("another run of `varve-audit mirror` is changing " + files_->system_path("") +
              ": nothing was done; repeat this when that run has ended");
}

Result<bool> ExportWriter::has(const std::string& path) const {
  const auto file = files_->open_read(path);
  if (file) return true;
  if (file.error().code == Code::kNotFound) return false;
  return file.error();
}

Result<void> ExportWriter::make_parents(const std::string& path) {
  const MutexLock lock(*mutex_);
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    if (directories_.contains(directory)) continue;
    RETURN_IF_ERROR(files_->make_directory(directory));
    RETURN_IF_ERROR(tools::expect_directory(files_->system_path(directory)));
    directories_.insert(directory);
  }
  return {};
}

Result<void> ExportWriter::put(const std::string& path, Bytes bytes) {
  RETURN_IF_ERROR(make_parents(path));
  ASSIGN_OR_RETURN(tools::NewFile file, tools::NewFile::create(*files_, path));
  RETURN_IF_ERROR(file.file().write(ByteOffset{0}, bytes));
  return file.publish();
}

Result<void> ExportWriter::sync() {
  const MutexLock lock(*mutex_);
  for (const std::string& directory : directories_)
    RETURN_IF_ERROR(files_->sync_directory(directory));
  return files_->sync_directory("");
}

Result<void> ExportWriter::finish(TreeSize now) {
  RETURN_IF_ERROR(sync());
  std::set<std::string> needed;
  for (const ExportItem& item : ExportPlan(now).partial_items()) needed.insert(item.path());
  ASSIGN_OR_RETURN(const auto passing, passing_files(*files_));
  for (const std::string& path : passing)
    if (!needed.contains(path)) RETURN_IF_ERROR(remove(path));
  return {};
}

Result<void> ExportWriter::remove(const std::string& path) {
  auto removed = files_->remove(path);
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  return {};
}

Result<void> ExportWriter::remove_durably(const std::string& path) {
  RETURN_IF_ERROR(remove(path));
  return files_->sync_directory(path.substr(0, path.rfind('/')));
}

Result<void> ExportWriter::remove_behind(TreeSize size, TreeSize now, std::uint64_t items) {
  const ExportPlan plan(now);
  CHECK(items <= plan.count());
  for (std::uint64_t k = 0; k < items; ++k) {
    const ExportItem item = plan.item(k);
    const std::uint32_t width = merkle::tile_width(item.id.level, item.id.index, size);
    if (item.id.width == width || width == merkle::kTileWidth) continue;
    RETURN_IF_ERROR(remove(item.path()));
  }
  return {};
}

Result<TreeSize> ExportWriter::size_before(const std::string& origin) const {
  const auto file = files_->open_read("checkpoint");
  if (!file && file.error().code == Code::kNotFound) return TreeSize{0};
  if (!file) return file.error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  if (size.value > format::kNoteMax) return invalid("the file checkpoint is not a signed note");
  Buffer note(size.value);
  RETURN_IF_ERROR((*file)->read(ByteOffset{0}, note));
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(text_of(note)));
  ASSIGN_OR_RETURN(const format::Checkpoint old, format::parse_checkpoint_text(parsed.text));
  if (old.origin != origin)
    return invalid(files_->system_path("checkpoint") + " is of the log " + old.origin +
                   ": this directory has a copy of that one and takes none of " + origin);
  return old.size;
}

}  // namespace varve::audit
