// Ways in which a test reads a store's files, independent of the store's own.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace varve::testing {

/// All of a file; empty when there is none.
inline std::string bytes_in(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace varve::testing
