// Reading and atomically replacing whole files.
#include "tools/common/files.h"

#include <algorithm>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "tools/common/new_file.h"

namespace varve::tools {

PathParts split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

namespace {

Result<Buffer> read_part(const PathParts& parts, std::size_t most) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  ASSIGN_OR_RETURN(const auto file, files->open_read(parts.name));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  if (size.value > most)
    return invalid("it has " + std::to_string(size.value) + " bytes, at most " +
                   std::to_string(most) + " are read");
  Buffer bytes(size.value);
  RETURN_IF_ERROR(file->read(ByteOffset{0}, bytes));
  return bytes;
}

Result<void> replace_in(env::Filesystem& files, const std::string& name, Bytes bytes) {
  ASSIGN_OR_RETURN(NewFile file, NewFile::create(files, name));
  RETURN_IF_ERROR(file.file().write(ByteOffset{0}, bytes));
  RETURN_IF_ERROR(file.publish());
  return files.sync_directory("");
}

Result<void> replace_part(const PathParts& parts, Bytes bytes) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  return replace_in(*files, parts.name, bytes);
}

}  // namespace

Result<Buffer> read_file(const std::string& path, std::size_t most) {
  auto bytes = read_part(split_path(path), most);
  if (!bytes) return std::move(bytes).error().during("reading " + path);
  return bytes;
}

Result<void> replace_file(const std::string& path, Bytes bytes) {
  auto replaced = replace_part(split_path(path), bytes);
  if (!replaced) return std::move(replaced).error().during("writing " + path);
  return replaced;
}

Result<void> replace_and_compare(env::Filesystem& files, const std::string& name, Bytes bytes) {
  RETURN_IF_ERROR(replace_in(files, name, bytes));
  const auto kept = env::read_whole(files, name, bytes.size());
  if (kept && std::ranges::equal(*kept, bytes)) return {};
  const std::string why = kept ? "its bytes differ" : kept.error().message;
  return io_error(name + ", read again, does not hold what was written (" + why +
                  "): do not use it, and write it to another disk");
}

Result<std::string> read_secret_line(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, read_file(path, 4096));
  std::string_view text = text_of(bytes);
  if (text.ends_with('\n')) text.remove_suffix(1);
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || !visible)
    return invalid(path + " must be a file (not a pipe) with one line of visible characters");
  return std::string(text);
}

}  // namespace varve::tools
