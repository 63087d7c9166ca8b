// The collector's view of a file that somebody else writes: it may grow, be cut, be renamed away
// and be replaced, all while it is open. env::Filesystem is for files that are ours.
#pragma once

#include <functional>
#include <optional>
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
  /// Where it is. With the inode it tells two open files apart, until the machine restarts.
  [[nodiscard]] std::uint64_t device() const { return device_; }
  /// As it is now. Errors: kIo.
  [[nodiscard]] Result<ByteOffset> size() const;
  /// Fills as much of `out` as the file has from `at`; 0 at its end. Errors: kIo.
  [[nodiscard]] Result<std::size_t> read(ByteOffset at, MutableBytes out) const;
  /// The first byte from `from` on that is not zero; nothing: only zeros follow, or nothing at all.
  /// What the file system keeps as a hole costs nothing. Errors: kIo.
  [[nodiscard]] Result<std::optional<ByteOffset>> after_zeros(ByteOffset from) const;
  /// Whether a name still leads to it, in whatever directory. Errors: kIo.
  [[nodiscard]] Result<bool> has_a_name() const;

 private:
  InputFile(int fd, FileId id, std::uint64_t device) : fd_(fd), id_(id), device_(device) {}

  int fd_ = -1;
  FileId id_;
  std::uint64_t device_ = 0;
};

struct InputStat {
  FileId file;
  std::uint64_t device = 0;       // InputFile::device()
  std::uint64_t modified_ns = 0;  // since 1970 UTC
  bool regular = false;           // not a directory or another thing
};
/// What `path` names now. Errors: kNotFound, kIo.
Result<InputStat> stat_input(const std::string& path);

/// Told of what cannot be looked at, and why.
using Unreadable = std::function<void(const std::string& path, const std::string& why)>;
/// Regular files under `path`, sorted; `path` itself when it is no directory. In directories, names
/// that begin with a dot are left out, and links to directories. What cannot be looked at (a
/// directory that may not be listed, a link that leads nowhere) is told, and the rest goes on.
std::vector<std::string> files_under(const std::string& path, const Unreadable& unreadable);

/// Absolute, and else as it was given: links in it are followed by whoever opens it, each time
/// anew. Errors: kInvalid  longer than any path.  kIo.
Result<std::string> given_path(const std::string& path);
/// Absolute, the directory without links. Errors: kNotFound  there is no such directory.  kIo.
Result<std::string> resolved_path(const std::string& path);

}  // namespace varve::collect
