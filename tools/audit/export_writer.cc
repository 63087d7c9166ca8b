// Files of an export, written beside and renamed.
#include "tools/audit/export_writer.h"

#include "ledger/env/posix.h"
#include "ledger/format/checkpoint.h"
#include "tools/common/files.h"
#include "tools/common/new_file.h"

namespace varve::audit {

ExportWriter::ExportWriter(std::unique_ptr<env::Filesystem> files)
    : files_(std::move(files)), mutex_(std::make_unique<std::mutex>()) {}

Result<ExportWriter> ExportWriter::open(const std::string& directory) {
  std::string path = directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const tools::PathParts parts = tools::split_path(path);
  ASSIGN_OR_RETURN(const auto parent, env::open_posix(parts.directory));
  RETURN_IF_ERROR(parent->make_directory(parts.name));
  ASSIGN_OR_RETURN(auto files, env::open_posix(path));
  return ExportWriter(std::move(files));
}

Result<bool> ExportWriter::has(const std::string& path) const {
  const auto file = files_->open_read(path);
  if (file) return true;
  if (file.error().code == Code::kNotFound) return false;
  return file.error();
}

Result<void> ExportWriter::make_parents(const std::string& path) {
  const std::lock_guard lock(*mutex_);
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
  for (const std::string& directory : directories_)
    RETURN_IF_ERROR(files_->sync_directory(directory));
  return files_->sync_directory("");
}

Result<void> ExportWriter::finish(TreeSize before, TreeSize now) {
  RETURN_IF_ERROR(sync());
  for (const ExportItem& item : ExportPlan(before).partial_items()) {
    const bool still_needed =
        item.id.width == merkle::tile_width(item.id.level, item.id.index, now);
    if (!still_needed) RETURN_IF_ERROR(remove(item.path()));
  }
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
