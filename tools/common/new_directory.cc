// mkdir beside, lock, clear; at the end fsync of everything, rename, fsync of the parent.
#include "tools/common/new_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "ledger/base/visible.h"
#include "ledger/env/posix.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "lock";

/// The parent as the system knows it without links, and the name in it.
Result<fs::path> place_of(const std::string& path) {
  std::error_code failed;
  fs::path whole = fs::absolute(path, failed).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // it ended with a slash
  if (failed || !whole.has_filename()) return invalid("\"" + path + "\" names no new directory");
  const fs::path parent = fs::canonical(whole.parent_path(), failed);
  if (failed)
    return not_found(whole.parent_path().string() + ": " + failed.message() +
                     ": make this directory first");
  whole = parent / whole.filename();
  if (visible(whole.string()) == whole.string()) return whole;
  return invalid("the path " + whole.string() +
                 " has characters that are not visible: choose another one");
}

Result<void> expect_room(const fs::path& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};  // making it says what is wrong
  if (S_ISLNK(there.st_mode))
    return invalid(path.string() + " is a symbolic link: name the directory that it leads to");
  if (!S_ISDIR(there.st_mode)) return invalid(path.string() + " is there and is no directory");
  if (there.st_uid != ::geteuid())
    return invalid(path.string() +
                   " belongs to another user: run this as that user, in a directory of theirs");
  std::error_code failed;
  const bool empty = fs::is_empty(path, failed);
  if (failed) return io_error(path.string() + ": " + failed.message());
  if (empty) return {};
  return invalid(path.string() + " is not empty: name a new directory, or empty this one");
}

/// Whoever can write a directory's parent can put one of their own there.
Result<void> expect_own(const std::string& directory) {
  struct stat there {};
  const bool known = ::lstat(directory.c_str(), &there) == 0;
  if (known && S_ISDIR(there.st_mode) && there.st_uid == ::geteuid() &&
      (there.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return {};
  return invalid(directory + " is not a directory of this user alone: remove it");
}

Result<void> clear_all_but(const std::vector<std::string>& kept, const fs::path& root) {
  std::error_code failed;
  fs::directory_iterator entry(root, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (std::ranges::count(kept, entry->path().filename().string()) > 0) continue;
    fs::remove_all(entry->path(), failed);
    if (failed) break;
  }
  return failed ? io_error(root.string() + ": " + failed.message()) : Result<void>();
}

Result<void> sync_all(env::Filesystem& files, const fs::path& root) {
  std::error_code failed;
  fs::recursive_directory_iterator entry(root, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    const std::string path = entry->path().lexically_relative(root).string();
    if (entry->is_directory(failed)) {
      RETURN_IF_ERROR(files.sync_directory(path));
      continue;
    }
    ASSIGN_OR_RETURN(const auto file, files.open_read(path));
    RETURN_IF_ERROR(file->sync());
  }
  if (failed) return io_error(root.string() + ": " + failed.message());
  return files.sync_directory("");
}

}  // namespace

Result<NewDirectory> NewDirectory::create(const std::string& path) {
  ASSIGN_OR_RETURN(const fs::path place, place_of(path));
  RETURN_IF_ERROR(expect_room(place));
  ASSIGN_OR_RETURN(auto parent, env::open_posix(place.parent_path().string()));
  NewDirectory made(std::move(parent), place.filename().string());
  if (auto begun = made.begin(); !begun)
    return std::move(begun).error().during("making " + place.string());
  return made;
}

Result<void> NewDirectory::begin() {
  RETURN_IF_ERROR(parent_->make_directory(beside_));
  RETURN_IF_ERROR(expect_own(beside()));
  ASSIGN_OR_RETURN(auto files, env::open_posix(beside()));
  auto lock = files->lock(kLock);
  if (!lock && lock.error().code == Code::kWorm)
    return busy("another process is making it at this moment: wait for its end");
  std::error_code failed;
  if (!lock) {
    fs::remove(beside(), failed);  // only where it is empty
    return std::move(lock).error();
  }
  lock_ = std::move(*lock);
  files_ = std::move(files);
  return clear_all_but({kLock, kNote}, beside());
}

NewDirectory::~NewDirectory() {
  if (!files_) return;
  std::error_code ignored;
  fs::remove_all(beside(), ignored);
}

Result<void> NewDirectory::publish() {
  RETURN_IF_ERROR(files_->remove(kLock));
  RETURN_IF_ERROR(sync_all(*files_, beside()));
  if (auto named = parent_->rename(beside_, name_); !named)
    return std::move(named).error().during(
        "giving it the name " + path() +
        " (is that a mount point, or not empty by now? name a directory within it)");
  beside_ = name_;  // where it is removed from when the next step fails
  RETURN_IF_ERROR(parent_->sync_directory(""));
  files_.reset();
  static_cast<void>(parent_->remove(name_ + "/" + kNote));  // says nothing any more
  return {};
}

}  // namespace varve::tools
