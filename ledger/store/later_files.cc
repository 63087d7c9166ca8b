// Ten bytes of each file. One that has another version is decoded, because it may be the version that rotted.
#include "ledger/store/later_files.h"

#include <string>
#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_reader.h"
#include "ledger/store/signature_counts.h"

namespace varve::store {
namespace {

constexpr std::size_t kVersionAt = 8;  // behind the magic

/// Its files by name, without what a crash left of one; none when there is no such folder.
Result<std::vector<std::string>> files_in(const env::Filesystem& files, const char* folder) {
  auto names = files.list(folder);
  if (!names && names.error().code == Code::kNotFound) return std::vector<std::string>{};
  if (names) std::erase_if(*names, [](const std::string& name) { return name.ends_with(".tmp"); });
  return names;
}

/// What is damaged passes, or is not there any more; what cannot be looked at does not.
Result<void> trouble_of(Result<void> decoded, const std::string& path) {
  if (!decoded && is_trouble(decoded.error()))
    return std::move(decoded).error().during("reading " + path);
  return {};
}

template <class Decode>
Result<void> expect_version(const env::Filesystem& files, const std::string& path,
                            std::uint16_t newest, Decode decode) {
  const auto file = files.open_read(path);
  if (!file) return trouble_of(file.error(), path);
  Buffer begin(kVersionAt + sizeof newest);
  const auto read = (*file)->read(ByteOffset{0}, begin);
  if (!read) return trouble_of(read, path);
  if (ByteReader(Bytes{begin}.subspan(kVersionAt)).u16() <= newest) return {};
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files, path, size.value));
  const auto decoded = decode(bytes);
  return trouble_of(decoded ? Result<void>() : decoded.error(), path);
}

Result<void> expect_newest_segment(const env::Filesystem& files) {
  ASSIGN_OR_RETURN(const auto names, files_in(files, "segments"));
  std::string newest;  // of eight digits, so in the order of their numbers
  for (const std::string& name : names)
    if (parse_segment_name(name)) newest = "segments/" + name;
  if (newest.empty()) return {};
  ASSIGN_OR_RETURN(const auto file, files.open_read(newest));
  const auto header = read_segment_header(*file);
  return trouble_of(header ? Result<void>() : header.error(), newest);
}

Result<void> expect_signatures(const env::Filesystem& files) {
  const auto bytes = env::read_whole(files, kSignaturesPath, kSignaturesMax);
  if (!bytes) return trouble_of(bytes.error(), kSignaturesPath);
  const auto counts = decode_signature_counts(text_of(*bytes));
  return trouble_of(counts ? Result<void>() : counts.error(), kSignaturesPath);
}

}  // namespace

Result<void> expect_no_later_files(const env::Filesystem& files) {
  RETURN_IF_ERROR(expect_newest_segment(files));
  RETURN_IF_ERROR(expect_signatures(files));
  ASSIGN_OR_RETURN(const auto months, files_in(files, kMonthKeysFolder));
  for (const std::string& name : months)
    RETURN_IF_ERROR(expect_version(files, std::string(kMonthKeysFolder) + "/" + name,
                                   kMonthKeysVersion, decode_month_keys));
  ASSIGN_OR_RETURN(const auto remains, files_in(files, kRemainsFolder));
  for (const std::string& name : remains)
    RETURN_IF_ERROR(expect_version(files, std::string(kRemainsFolder) + "/" + name, kRemainsVersion,
                                   decode_remains));
  return {};
}

}  // namespace varve::store
