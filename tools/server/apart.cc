// By name, for a configuration; by place, for a disk.
#include "tools/server/apart.h"

#include <algorithm>
#include <filesystem>

namespace varve::tools {
namespace {

bool begins_with(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

}  // namespace

bool lies_in(const std::string& path, const std::string& folder) {
  const auto normal = [](const std::string& text) {
    const auto clean = (std::filesystem::path(text) / "").lexically_normal();
    return clean.parent_path();  // without the slash at its end
  };
  return begins_with(normal(path), normal(folder));
}

Result<void> expect_apart(const std::string& marks, const std::string& data) {
  std::error_code failed;
  const auto outer = std::filesystem::canonical(data, failed);
  if (failed) return {};
  const auto inner = std::filesystem::canonical(marks, failed);
  if (failed || !begins_with(inner, outer)) return {};
  return invalid(marks +
                 " lies in the directory of the data: who puts that back to an older copy "
                 "would put the mark back too");
}

}  // namespace varve::tools
