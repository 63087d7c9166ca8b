// Finds and cuts the samples: a file of lines is one payload a line.
#include "sample_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/directories.h"

namespace varve::events {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_one_event_a_line(const std::string& folder) {
  static const std::set<std::string> folders = {"cef", "cloudtrail-otrf", "pgaudit",
                                                "rfc5424-vectors"};
  return folders.contains(folder);
}

std::vector<std::string> payloads_of(const std::filesystem::path& path) {
  const std::string whole = contents(path);
  if (!is_one_event_a_line(path.parent_path().filename())) return {whole};
  std::vector<std::string> lines;
  std::istringstream text(whole);
  for (std::string line; std::getline(text, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace

std::string samples_directory() {
  for (const char* place : {"../shared/samples", "../../shared/samples"})
    if (std::filesystem::is_directory(source_file(place))) return source_file(place);
  return {};
}

std::vector<Sample> all_samples() {
  std::vector<Sample> samples;
  const std::filesystem::path root = samples_directory();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = std::filesystem::relative(entry.path(), root);
    const bool is_data = entry.is_regular_file() && name.find('/') != std::string::npos &&
                         name.find("LICENSE") == std::string::npos;
    if (is_data) samples.push_back({name, payloads_of(entry.path())});
  }
  std::ranges::sort(samples, {}, &Sample::name);
  return samples;
}

}  // namespace varve::events
