// A directory that goes away with the test. In memory, where that can be: no test waits for a disk that syncs.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "ledger/base/check.h"

namespace varve {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    if (!has_room("/dev/shm") || !make_in("/dev/shm"))
      CHECK(make_in(std::filesystem::temp_directory_path()));
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  /// For what tests of several programs at once write.
  static bool has_room(const std::filesystem::path& folder) {
    constexpr std::uintmax_t kRoom = 256u << 20;
    std::error_code failed;
    const auto space = std::filesystem::space(folder, failed);
    return !failed && space.available >= kRoom;
  }
  bool make_in(const std::filesystem::path& folder) {
    std::string pattern = folder / "varve-audit-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) return false;
    path_ = pattern;
    return true;
  }

  std::string path_;
};

}  // namespace varve
