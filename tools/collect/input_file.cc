// Reading others' files. Needs inodes, times of birth and reads that may come back short, which
// neither the standard library nor env::Filesystem offers.
#include "tools/collect/input_file.h"

#include <fcntl.h>
#include <limits.h>
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

constexpr std::size_t kLookAhead = 64u << 10;

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
          std::uint64_t{st.stx_dev_major} << 32 | st.stx_dev_minor,
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
  InputFile file(fd, now.file, now.device);
  if (failed != 0) return from_number(failed, "stat " + path);
  if (!now.regular) return invalid(path + " is not a regular file");
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), id_(other.id_), device_(other.device_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(id_, other.id_);
  std::swap(device_, other.device_);
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

Result<std::optional<ByteOffset>> InputFile::after_zeros(ByteOffset from) const {
  Buffer chunk(kLookAhead);
  while (true) {
    const off_t data = ::lseek(fd_, static_cast<off_t>(from.value), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return std::optional<ByteOffset>{};
    if (data > 0) from.value = std::max(from.value, static_cast<std::uint64_t>(data));
    ASSIGN_OR_RETURN(const std::size_t got, read(from, chunk));
    if (got == 0) return std::optional<ByteOffset>{};
    const Bytes now = Bytes{chunk}.first(got);
    const auto found = std::ranges::find_if(now, [](std::byte b) { return b != std::byte{0}; });
    from.value += static_cast<std::uint64_t>(found - now.begin());
    if (found != now.end()) return std::optional(from);
  }
}

Result<bool> InputFile::has_a_name() const {
  struct stat st {};
  if (::fstat(fd_, &st) != 0) return from_number(errno, "stat an input");
  return st.st_nlink > 0;
}

Result<InputStat> stat_input(const std::string& path) {
  int failed = 0;
  const InputStat now = stat_of(AT_FDCWD, path.c_str(), failed);
  if (failed != 0) return from_number(failed, "stat " + path);
  return now;
}

namespace {

/// What is in one directory: files are added to `files`, directories to `deeper`.
void list_directory(const std::string& directory, const Unreadable& unreadable,
                    std::vector<std::string>& files, std::vector<std::string>& deeper) {
  std::error_code failed;
  fs::directory_iterator it(directory, failed);
  for (const fs::directory_iterator end; !failed && it != end; it.increment(failed)) {
    if (hidden(it->path())) continue;
    std::error_code unknown;
    const fs::file_type type = it->symlink_status(unknown).type();
    const bool link = !unknown && type == fs::file_type::symlink;
    const fs::file_type target = link ? it->status(unknown).type() : type;
    if (unknown)
      unreadable(it->path().string(), unknown.message());
    else if (type == fs::file_type::directory)
      deeper.push_back(it->path().string());
    else if (target == fs::file_type::regular)
      files.push_back(it->path().string());
  }
  if (failed) unreadable(directory, "list the directory: " + failed.message());
}

}  // namespace

std::vector<std::string> files_under(const std::string& path, const Unreadable& unreadable) {
  std::error_code failed;
  const fs::file_type type = fs::status(path, failed).type();
  if (type == fs::file_type::not_found) {
    unreadable(path, "there is no such file or directory");
    return {};
  }
  if (type != fs::file_type::directory) return {path};
  std::vector<std::string> files;
  for (std::vector<std::string> deeper = {path}; !deeper.empty();) {
    const std::string directory = std::move(deeper.back());
    deeper.pop_back();
    list_directory(directory, unreadable, files, deeper);
  }
  std::ranges::sort(files);
  return files;
}

Result<std::string> given_path(const std::string& path) {
  std::error_code failed;
  const fs::path full = fs::absolute(path, failed);
  if (failed) return io_error("find " + path + ": " + failed.message());
  fs::path plain;  // without "." and "//", which lead nowhere else; ".." may, behind a link
  for (const fs::path& part : full)
    if (!part.empty() && part != ".") plain /= part;
  if (plain.native().size() >= PATH_MAX) return invalid("a path is longer than any file's");
  return plain.string();
}

Result<std::string> resolved_path(const std::string& path) {
  std::error_code failed;
  const fs::path full = fs::absolute(path, failed);
  const fs::path directory = failed ? fs::path() : fs::canonical(full.parent_path(), failed);
  if (failed == std::errc::no_such_file_or_directory)
    return not_found("there is no directory of " + path);
  if (failed) return io_error("find " + path + ": " + failed.message());
  return (directory / full.filename()).string();
}

}  // namespace varve::collect
