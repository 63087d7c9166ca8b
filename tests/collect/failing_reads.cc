// This program's own pread(), which the collector's calls lead to.
#include "failing_reads.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace varve::collect {
namespace {

std::atomic<std::uint64_t> failing_inode = 0;
std::atomic<std::uint64_t> failing_from = 0;

}  // namespace

FailingReads::FailingReads(const std::string& path, std::uint64_t from) {
  struct stat now {};
  if (::stat(path.c_str(), &now) == 0) failing_inode = now.st_ino;
  failing_from = from;
}

FailingReads::~FailingReads() {
  failing_inode = 0;
}

}  // namespace varve::collect

extern "C" ssize_t pread(int file, void* out, std::size_t size, off_t at) {
  using varve::collect::failing_from;
  using varve::collect::failing_inode;
  struct stat now {};
  if (failing_inode != 0 && ::fstat(file, &now) == 0 && now.st_ino == failing_inode) {
    const std::uint64_t begin = static_cast<std::uint64_t>(at);
    if (begin >= failing_from) {
      errno = EIO;
      return -1;
    }
    size = std::min<std::size_t>(size, failing_from - begin);
  }
  return ::syscall(SYS_pread64, file, out, size, at);
}
