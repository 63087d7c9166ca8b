// Reading others' files. Needs inodes and reads that may come back short, which neither the
// standard library nor env::Filesystem offers.
#include "tools/collect/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace varve::collect {
namespace {

namespace fs = std::filesystem;

Error from_number(int number, const std::string& doing) {
  const std::string message = doing + ": " + std::strerror(number);
  return number == ENOENT || number == ENOTDIR ? not_found(message) : io_error(message);
}

bool hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

}  // namespace

FileId id_of(const struct stat& st) {
  return {static_cast<std::uint64_t>(st.st_dev), static_cast<std::uint64_t>(st.st_ino)};
}

Result<InputFile> InputFile::open(const std::string& path) {
  // O_NONBLOCK: opening a pipe by mistake must not hang.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return from_number(errno, "open " + path);
  struct stat st {};
  const int failed = ::fstat(fd, &st) != 0 ? errno : 0;
  InputFile file(fd, id_of(st));
  if (failed != 0) return from_number(failed, "stat " + path);
  if (!S_ISREG(st.st_mode)) return invalid(path + " is not a regular file");
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), id_(other.id_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(id_, other.id_);
  return *this;
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<ByteOffset> InputFile::size() const {
  struct stat st {};
  if (::fstat(fd_, &st) != 0) return from_number(errno, "stat an input");
  return ByteOffset{static_cast<std::uint64_t>(st.st_size)};
}

Result<std::size_t> InputFile::read(ByteOffset at, MutableBytes out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(at.value + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return from_number(errno, "read an input");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<FileId> identify(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return from_number(errno, "stat " + path);
  return id_of(st);
}

Result<std::vector<std::string>> files_under(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    if (!fs::exists(path, failed)) return not_found("there is no " + path);
    return std::vector<std::string>{path};
  }
  std::vector<std::string> files;
  fs::recursive_directory_iterator it(path, failed);
  for (const fs::recursive_directory_iterator end; !failed && it != end; it.increment(failed)) {
    const bool directory = it->is_directory(failed);
    if (hidden(it->path())) {
      if (directory) it.disable_recursion_pending();
    } else if (!directory && it->is_regular_file(failed)) {
      files.push_back(it->path().string());
    }
  }
  if (failed) return io_error("list " + path + ": " + failed.message());
  std::ranges::sort(files);
  return files;
}

Result<std::string> absolute_path(const std::string& path) {
  std::error_code failed;
  const fs::path full = fs::absolute(path, failed);
  const fs::path directory = failed ? fs::path() : fs::canonical(full.parent_path(), failed);
  if (failed == std::errc::no_such_file_or_directory)
    return not_found("there is no directory of " + path);
  if (failed) return io_error("find " + path + ": " + failed.message());
  return (directory / full.filename()).string();
}

}  // namespace varve::collect
