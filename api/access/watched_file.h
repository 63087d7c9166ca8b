// A small file that an operator may change at any time: it is looked at often, and read where it may
// have changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/base/result.h"

namespace varve::api {

/// Thread: one at a time. Cost of a look: one stat(), and reading the file where it has changed.
class WatchedFile {
 public:
  WatchedFile(std::string path, std::size_t bytes_max)
      : path_(std::move(path)), bytes_max_(bytes_max) {}

  /// The file's text where it may differ from what the last call returned; nullopt: it does not.
  /// Errors: as read_watched().
  std::optional<Result<std::string>> changed();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  /// What tells one state of the file from the next.
  struct Stamp {
    bool there = false;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& path);

  std::string path_;
  std::size_t bytes_max_;
  bool settled_ = false;  // the file was old enough when it was read
  Stamp stamp_;
};

/// The text of a file that others may read, and not change.
/// Errors: kNotFound, kIo  the message names the file.
Result<std::string> read_watched(const std::string& path, std::size_t bytes_max);

}  // namespace varve::api
