// Walks the source directory once and keeps what it read.
#include "repository.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/directories.h"

namespace varve::tidy {
namespace {

namespace fs = std::filesystem;

bool is_left_out(const fs::path& path) {
  const std::string name = path.filename().string();
  return name == ".git" || name == ".cache" || name.starts_with("build");
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::vector<SourceFile> read_all() {
  const fs::path top = source_file("");
  std::vector<SourceFile> files;
  for (auto at = fs::recursive_directory_iterator(top); at != fs::recursive_directory_iterator();
       ++at) {
    if (at->is_directory() && is_left_out(at->path())) at.disable_recursion_pending();
    if (at->is_regular_file() && at->path().filename() != ".git")
      files.push_back({fs::relative(at->path(), top).generic_string(), read_lines(at->path())});
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

}  // namespace

const std::vector<SourceFile>& all_files() {
  static const std::vector<SourceFile> files = read_all();
  return files;
}

bool is_header(const SourceFile& file) {
  return file.path.ends_with(".h");
}

bool is_cpp(const SourceFile& file) {
  return is_header(file) || file.path.ends_with(".cc");
}

bool is_source(const SourceFile& file) {
  return is_cpp(file) || file.path.ends_with("CMakeLists.txt") || file.path.ends_with(".cmake") ||
         file.path.ends_with(".sh") || file.path.ends_with(".go") || file.path == ".ci/run";
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool is_in(const std::string& path, const std::string& place) {
  return path == place || path.starts_with(place + "/");
}

}  // namespace varve::tidy
