// Ten bytes of each file; all of one that has a later version, for its sum.
#include "ledger/store/later_files.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
#include "ledger/env/running_hash.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {
namespace {

constexpr std::size_t kMagicSize = 8;  // the version is behind it
constexpr std::uint64_t kChunk = 1u << 20;

/// Its files by name, without what a crash left of one; none when there is no such folder.
Result<std::vector<std::string>> files_in(const env::Filesystem& files, const char* folder) {
  auto names = files.list(folder);
  if (!names && names.error().code == Code::kNotFound) return std::vector<std::string>{};
  if (names) std::erase_if(*names, [](const std::string& name) { return name.ends_with(".tmp"); });
  return names;
}

/// Whether the file ends in the sum of all that is before it. It may be larger than memory.
Result<bool> ends_in_its_sum(const env::File& file) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  if (size.value < kHashSize) return false;
  const std::uint64_t end = size.value - kHashSize;
  env::RunningHash sum;
  Buffer chunk;
  for (ByteOffset at; at.value < end; at.value += chunk.size()) {
    chunk.resize(std::min(kChunk, end - at.value));
    RETURN_IF_ERROR(file.read(at, chunk));
    sum.feed(chunk);
  }
  Buffer said(kHashSize);
  RETURN_IF_ERROR(file.read(ByteOffset{end}, said));
  return ByteReader(said).hash() == sum.finish();
}

/// What is damaged passes, or is not there any more; what cannot be looked at does not.
Result<void> trouble_of(Error error, const std::string& path) {
  if (!is_trouble(error)) return {};
  return in_file(std::move(error), path);
}

Result<void> expect_version(const env::Filesystem& files, const std::string& path,
                            std::string_view magic, std::uint16_t newest) {
  const auto file = files.open_read(path);
  if (!file) return trouble_of(file.error(), path);
  Buffer begin(kMagicSize + sizeof newest);
  if (const auto read = (*file)->read(ByteOffset{0}, begin); !read)
    return trouble_of(read.error(), path);
  ByteReader in(begin);
  if (text_of(in.take(kMagicSize)) != magic) return {};
  const std::uint16_t version = in.u16();
  if (version <= newest) return {};
  const auto is_whole = ends_in_its_sum(**file);
  if (!is_whole) return trouble_of(is_whole.error(), path);
  if (!*is_whole) return {};
  return in_file(later_format(version, newest), path);
}

Result<void> expect_newest_segment(const env::Filesystem& files) {
  ASSIGN_OR_RETURN(const auto names, files_in(files, "segments"));
  std::optional<std::uint64_t> newest;
  for (const std::string& name : names)
    if (const auto ordinal = parse_segment_name(name))
      newest = std::max(newest.value_or(0), *ordinal);
  if (!newest) return {};
  const std::string path = segment_path(*newest);
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  const auto header = read_segment_header(*file);
  return header ? Result<void>() : trouble_of(header.error(), path);
}

}  // namespace

Result<void> expect_no_later_files(const env::Filesystem& files) {
  RETURN_IF_ERROR(expect_newest_segment(files));
  ASSIGN_OR_RETURN(const auto months, files_in(files, kMonthKeysFolder));
  for (const std::string& name : months)
    RETURN_IF_ERROR(expect_version(files, std::string(kMonthKeysFolder) + "/" + name,
                                   kMonthKeysMagic, kDraftKeysVersion));
  ASSIGN_OR_RETURN(const auto remains, files_in(files, kRemainsFolder));
  for (const std::string& name : remains)
    RETURN_IF_ERROR(expect_version(files, std::string(kRemainsFolder) + "/" + name, kRemainsMagic,
                                   kRemainsVersion));
  return {};
}

}  // namespace varve::store
