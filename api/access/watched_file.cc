// Compares inode, size and times.
#include "api/access/watched_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include "ledger/env/posix.h"

namespace varve::api {
namespace {

// Two writes within one tick of the file system's clock leave one time behind. So a file that was
// changed a moment before it was read is read again.
constexpr std::int64_t kSettlesAfter_ns = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<std::string> read_watched(const std::string& path, std::size_t bytes_max) {
  RETURN_IF_ERROR(env::check_mode(path, env::Others::kRead));
  std::ifstream file(path, std::ios::binary);
  std::array<char, 65'536> piece;
  std::string text;
  while (file.read(piece.data(), piece.size()), file.gcount() > 0 && text.size() <= bytes_max)
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  if (!file.eof() || file.bad() || text.size() > bytes_max)
    return io_error(path + ": cannot be read, or is larger than " +
                    std::to_string(bytes_max >> 10) + " KiB");
  return text;
}

WatchedFile::Stamp WatchedFile::stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  const std::int64_t changed = std::max(nanoseconds(status.st_mtim), nanoseconds(status.st_ctim));
  return {true, status.st_ino, status.st_size, changed};
}

std::optional<Result<std::string>> WatchedFile::changed() {
  const Stamp now = stamp_of(path_);
  if (settled_ && now == stamp_) return std::nullopt;
  stamp_ = now;
  const auto now_ns = static_cast<std::int64_t>(env::posix_clock().now_us()) * 1000;
  settled_ = now.there && now_ns - now.changed_ns > kSettlesAfter_ns;
  return read_watched(path_, bytes_max_);
}

}  // namespace varve::api
