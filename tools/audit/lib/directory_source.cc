// Files by the paths of a tiled log.
#include "tools/audit/lib/directory_source.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kFileMax = 64u << 20;  // a bundle of 256 records is at most 16.8 MB

}  // namespace

std::string export_path(const std::string& path) {
  return path == "keys" ? "keys.json" : path;
}

Result<Buffer> DirectorySource::get(const std::string& path) const {
  return read_file_of(files_, path);
}

Result<Buffer> read_file_of(const env::Filesystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, files.open_read(export_path(path)));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  if (size.value > kFileMax) return io_error(path + " is larger than any file of an export");
  Buffer bytes(size.value);
  RETURN_IF_ERROR(file->read(ByteOffset{0}, bytes));
  return bytes;
}

}  // namespace varve::audit
