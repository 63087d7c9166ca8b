// mkdtemp, and its removal.
#include "temporary_directory.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "ledger/base/check.h"

namespace varve::env {

TemporaryDirectory::TemporaryDirectory()
    : path_((std::filesystem::temp_directory_path() / "varve-env-XXXXXX").string()) {
  CHECK(::mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void make_mutable(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  CHECK(fd >= 0);
  int flags = 0;
  CHECK(::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0);
  flags &= ~FS_IMMUTABLE_FL;
  CHECK(::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0);
  ::close(fd);
}

}  // namespace varve::env
