// Names and times of neighbours.
#include "tools/collect/rotation.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <tuple>

#include "tools/collect/event_stream.h"

namespace varve::collect {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLookAt = 4'096;

bool is_compressed(std::string_view name) {
  constexpr std::string_view kEndings[] = {".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z", ".zip"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace

Result<std::vector<Sibling>> siblings_of(const std::string& path) {
  std::vector<Sibling> siblings;
  std::error_code failed;
  for (fs::directory_iterator it(fs::path(path).parent_path(), failed), end; !failed && it != end;
       it.increment(failed)) {
    const std::string name = it->path().string();
    const Result<InputStat> now = stat_input(name);
    if (name != path && now && now->regular) siblings.push_back({name, *now});
  }
  const bool is_there = failed != std::errc::no_such_file_or_directory;
  if (failed && is_there && failed != std::errc::not_a_directory)
    return io_error("list the directory of " + path + ": " + failed.message());
  std::ranges::sort(siblings, [](const Sibling& a, const Sibling& b) {
    return std::tie(a.now.modified_ns, a.path) < std::tie(b.now.modified_ns, b.path);
  });
  return siblings;
}

std::uint64_t directory_changed_ns(const std::string& path) {
  const Result<InputStat> now = stat_input(fs::path(path).parent_path().string());
  return now ? now->modified_ns : 0;
}

bool is_name_of_rotation(const std::string& live, const std::string& sibling) {
  if (!sibling.starts_with(live) || sibling.size() < live.size() + 2) return false;
  const std::string_view rest = std::string_view(sibling).substr(live.size());
  return (rest[0] == '.' || rest[0] == '-') && rest[1] >= '0' && rest[1] <= '9';
}

bool is_rotated_name(const std::string& live, const std::string& sibling) {
  return is_name_of_rotation(live, sibling) && !is_compressed(sibling);
}

bool looks_like_text(const InputFile& file) {
  const Result<std::optional<ByteOffset>> begin = file.after_zeros(ByteOffset{0});
  if (!begin || !*begin) return begin.has_value();
  Buffer start(kLookAt);
  const Result<std::size_t> got = file.read(**begin, start);
  return got && is_text(Bytes{start}.first(*got));
}

}  // namespace varve::collect
