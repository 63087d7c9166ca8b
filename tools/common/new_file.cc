// Made beside (O_EXCL), written, synced, renamed.
#include "tools/common/new_file.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"

namespace varve::tools {
namespace {

/// Whether a rename to `path` would take the place of no more than a file or a link.
Result<void> may_be_replaced(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};  // making the file says what is wrong
  if (S_ISREG(there.st_mode) || S_ISLNK(there.st_mode)) return {};
  return invalid(path + " is a directory or a device: name a file to be written");
}

std::string unguessable_name() {
  std::array<std::byte, 12> random{};
  env::system_random().fill(random);
  return ".varve-" + hex(random) + ".new";
}

}  // namespace

Result<NewFile> NewFile::create(env::Filesystem& files, const std::string& path) {
  RETURN_IF_ERROR(may_be_replaced(files.system_path(path)));
  const std::size_t name = path.rfind('/') + 1;  // 0 when there is no slash
  NewFile made(files, path, path.substr(0, name) + unguessable_name());
  ASSIGN_OR_RETURN(made.file_, files.create(made.beside_));
  return made;
}

Result<void> expect_directory(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode)) return {};
  return invalid(path + " is not a directory of this program's: remove it, or name another place");
}

NewFile::~NewFile() {
  if (file_) static_cast<void>(files_.remove(beside_));
}

Result<void> NewFile::let_all_read() {
  constexpr mode_t kForAll = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
  if (::chmod(files_.system_path(beside_).c_str(), kForAll) == 0) return {};
  return io_error(files_.system_path(path_) + ": " + std::strerror(errno) +
                  " while letting all read it");
}

Result<void> NewFile::publish() {
  RETURN_IF_ERROR(file_->sync());
  RETURN_IF_ERROR(files_.rename(beside_, path_));
  file_.reset();
  return {};
}

}  // namespace varve::tools
