// A directory that lives as long as the test that made it.
#pragma once

#include <string>

namespace varve::env {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Takes FS_IMMUTABLE_FL off again, so that the file can be removed.
void make_mutable(const std::string& path);

}  // namespace varve::env
