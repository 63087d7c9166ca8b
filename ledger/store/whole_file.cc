// One order of calls: write, sync, rename, sync the folder.
#include "ledger/store/whole_file.h"

namespace varve::store {

Result<Buffer> read_whole(const env::Filesystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  Buffer bytes(size.value);
  RETURN_IF_ERROR(file->read(ByteOffset{0}, bytes));
  return bytes;
}

Result<void> replace_whole(env::Filesystem& files, const std::string& path, Bytes bytes) {
  const std::string unfinished = path + ".tmp";
  ASSIGN_OR_RETURN(const auto file, files.open_or_create(unfinished));
  RETURN_IF_ERROR(file->truncate(ByteOffset{0}));
  RETURN_IF_ERROR(file->write(ByteOffset{0}, bytes));
  RETURN_IF_ERROR(file->sync());
  RETURN_IF_ERROR(files.rename(unfinished, path));
  const std::size_t slash = path.rfind('/');
  return files.sync_directory(slash == std::string::npos ? "" : path.substr(0, slash));
}

}  // namespace varve::store
