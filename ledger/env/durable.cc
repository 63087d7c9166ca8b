// One sequence of calls: write, sync, rename, sync the folder.
#include "ledger/env/durable.h"

#include <algorithm>

namespace varve::env {
namespace {

std::string temporary(const std::string& path) {
  return path + ".tmp";
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// An empty file has one part.
Result<void> fill(File& file, Bytes bytes, std::uint64_t part_max, const BetweenParts& between) {
  for (ByteOffset at; at.value == 0 || at.value < bytes.size(); at.value += part_max) {
    if (at.value != 0) RETURN_IF_ERROR(between());
    const Bytes rest = bytes.subspan(at.value);
    RETURN_IF_ERROR(file.write(at, rest.first(std::min<std::size_t>(rest.size(), part_max))));
    RETURN_IF_ERROR(file.sync());
  }
  return {};
}

/// Frees the space it took where that fails; the error that matters is the first.
Result<void> write_parts(Filesystem& files, const std::string& path, Bytes bytes,
                         std::uint64_t part_max, const BetweenParts& between) {
  ASSIGN_OR_RETURN(const std::unique_ptr<File> file, create_temporary(files, path));
  Result<void> written = fill(*file, bytes, part_max, between);
  if (!written) static_cast<void>(files.remove(temporary(path)));
  return written;
}

}  // namespace

Result<std::unique_ptr<File>> create_temporary(Filesystem& files, const std::string& path) {
  Result<std::unique_ptr<File>> file = files.create(temporary(path));
  if (file || file.error().code != Code::kWorm) return file;
  RETURN_IF_ERROR(files.remove(temporary(path)));
  return files.create(temporary(path));
}

Result<void> write_temporary(Filesystem& files, const std::string& path, Bytes bytes) {
  return write_parts(files, path, bytes, kSyncedAtOnce, [] { return Result<void>(); });
}

Result<void> publish_temporary(Filesystem& files, const std::string& path) {
  Result<void> done = files.rename(temporary(path), path);
  if (done) done = files.sync_directory(directory_of(path));
  if (!done) return io_error(done.error().message);
  return {};
}

Result<void> write_durably(Filesystem& files, const std::string& path, Bytes bytes) {
  RETURN_IF_ERROR(write_temporary(files, path, bytes));
  return publish_temporary(files, path);
}

Result<void> write_giving_way(Filesystem& files, const std::string& path, Bytes bytes,
                              const BetweenParts& between) {
  RETURN_IF_ERROR(write_parts(files, path, bytes, kPartMax, between));
  return publish_temporary(files, path);
}

Result<void> keep_aside(Filesystem& files, const std::string& path, const std::string& kept) {
  RETURN_IF_ERROR(files.rename(path, kept));
  return files.sync_directory(directory_of(path));
}

Result<Buffer> read_whole(const Filesystem& files, const std::string& path, std::size_t most) {
  ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.open_read(path));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  if (size.value > most)
    return invalid(path + " is " + std::to_string(size.value) + " bytes, more than the " +
                   std::to_string(most) + " expected");
  Buffer bytes(static_cast<std::size_t>(size.value));
  RETURN_IF_ERROR(file->read(ByteOffset{0}, bytes));
  return bytes;
}

Result<bool> exists(const Filesystem& files, const std::string& path) {
  const Result<std::unique_ptr<File>> file = files.open_read(path);
  if (file) return true;
  if (file.error().code == Code::kNotFound) return false;
  return file.error();
}

}  // namespace varve::env
