// The project's own files, as the rules of tests/tidy look at them.
#pragma once

#include <string>
#include <vector>

namespace varve::tidy {

struct SourceFile {
  std::string path;                // relative to the top of the project, '/' between parts
  std::vector<std::string> lines;  // without their newlines
};

/// Every regular file that belongs to the project, sorted by path: what git tracks or would track
/// if it were added. Build directories and git's own are left out. Read once.
const std::vector<SourceFile>& all_files();

/// Files of one of our languages: C++, CMake, shell, Go. Data of tests is none.
bool is_source(const SourceFile& file);
bool is_cpp(const SourceFile& file);
bool is_header(const SourceFile& file);

/// "ledger/store" of "ledger/store/segment.cc"; "" at the top.
std::string folder_of(const std::string& path);

/// True when `path` is `place` or is in the folder `place`.
bool is_in(const std::string& path, const std::string& place);

}  // namespace varve::tidy
