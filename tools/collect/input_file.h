// The collector's view of a file that somebody else writes: it may grow, be cut, be renamed away
// and be replaced, all while it is open. env::Filesystem is for files that are ours.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "tools/collect/position.h"

namespace varve::collect {

/// An open regular file, for reading. Thread: one.
class InputFile {
 public:
  /// Errors: kNotFound.  kInvalid  not a regular file.  kIo.
  static Result<InputFile> open(const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  [[nodiscard]] FileId id() const { return id_; }
  /// As it is now. Errors: kIo.
  [[nodiscard]] Result<ByteOffset> size() const;
  /// Fills as much of `out` as the file has from `at`; 0 at its end. Errors: kIo.
  [[nodiscard]] Result<std::size_t> read(ByteOffset at, MutableBytes out) const;

 private:
  InputFile(int fd, FileId id) : fd_(fd), id_(id) {}

  int fd_ = -1;
  FileId id_;
};

struct InputStat {
  FileId file;
  std::uint64_t modified_ns = 0;  // since 1970 UTC
  bool regular = false;           // not a directory or another thing
};
/// What `path` names now. Errors: kNotFound, kIo.
Result<InputStat> stat_input(const std::string& path);

/// Regular files under `path`, sorted; `path` itself when it is a file. Names that begin with a
/// dot are left out of directories. Errors: kNotFound, kIo.
Result<std::vector<std::string>> files_under(const std::string& path);

/// Absolute, the directory without links. Errors: kNotFound  there is no such directory.  kIo.
Result<std::string> absolute_path(const std::string& path);

}  // namespace varve::collect
