// Reading others' files. Needs inodes, times of birth and reads that may come back short, which
// neither the standard library nor env::Filesystem offers.
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

std::uint64_t nanoseconds(const struct statx_timestamp& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// Of `path`, or of the open file itself when that is empty. `number`: errno, 0 when it worked.
InputStat stat_of(int directory_or_file, const char* path, int& number) {
  struct statx st {};
  const int flags = *path == '\0' ? AT_EMPTY_PATH : 0;
  const unsigned wanted = STATX_BASIC_STATS | STATX_BTIME;
  number = ::statx(directory_or_file, path, flags, wanted, &st) != 0 ? errno : 0;
  const bool has_birth = (st.stx_mask & STATX_BTIME) != 0;
  return {{st.stx_ino, has_birth ? nanoseconds(st.stx_btime) : 0},
          nanoseconds(st.stx_mtime),
          S_ISREG(st.stx_mode)};
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  // O_NONBLOCK: opening a pipe by mistake must not hang.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return from_number(errno, "open " + path);
  int failed = 0;
  const InputStat now = stat_of(fd, "", failed);
  InputFile file(fd, now.file);
  if (failed != 0) return from_number(failed, "stat " + path);
  if (!now.regular) return invalid(path + " is not a regular file");
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

Result<InputStat> stat_input(const std::string& path) {
  int failed = 0;
  const InputStat now = stat_of(AT_FDCWD, path.c_str(), failed);
  if (failed != 0) return from_number(failed, "stat " + path);
  return now;
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
