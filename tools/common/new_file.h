// Output files of every program. They appear whole or not at all, and never through a link that
// somebody else made: the bytes are written to a new file with a name that nobody can guess, and
// then that file replaces the old one.
#pragma once

#include <memory>
#include <string>

#include "ledger/env/filesystem.h"

namespace varve::tools {

/// Removed when it goes without publish(). A killed program may leave a `.varve-*.new` behind.
class NewFile {
 public:
  /// `files` outlives it. `path` need not exist; a symbolic link there is replaced, not followed.
  /// Errors: kInvalid  a directory or a device is there.  kNotFound  no such directory.  kFull,
  /// kIo.
  static Result<NewFile> create(env::Filesystem& files, const std::string& path);
  NewFile(NewFile&& other) noexcept = default;
  NewFile& operator=(NewFile&& other) = delete;
  ~NewFile();

  [[nodiscard]] env::File& file() { return *file_; }
  /// Mode 0644 instead of 0600. Before it has its name: nobody sees it in between. Errors: kIo.
  Result<void> let_all_read();
  /// Syncs it and gives it its name. The directory is the caller's to sync. Errors: kFull, kIo.
  Result<void> publish();

 private:
  NewFile(env::Filesystem& files, std::string path, std::string beside)
      : files_(files), path_(std::move(path)), beside_(std::move(beside)) {}

  env::Filesystem& files_;
  std::string path_;
  std::string beside_;               // its name until then
  std::unique_ptr<env::File> file_;  // null once it was moved from or published
};

/// Errors: kInvalid  `path` is a symbolic link, or no directory.
Result<void> expect_directory(const std::string& path);

}  // namespace varve::tools
