// Paths of a tiled log, and the directory that holds an export.
#include "tools/audit/lib/log_source.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kFileMax = 64u << 20;  // a bundle of 256 records is at most 16.8 MB

/// The first `count` entries of a bundle, or all of it when it has fewer.
Buffer first_entries(Bytes bundle, std::uint32_t count) {
  ByteReader in(bundle);
  for (; count > 0 && in.ok() && !in.at_end(); --count) in.take(in.u16());
  return to_buffer(bundle.first(bundle.size() - in.rest().size()));
}

Error unreadable(Error error) {
  return error.code == Code::kBusy ? error : io_error(std::move(error.message));
}

bool may_be_replaced(const Error& error, const merkle::TileId& id) {
  return error.code == Code::kNotFound && id.width < merkle::kTileWidth;
}

}  // namespace

Result<Buffer> LogSource::must_get(const std::string& path) const {
  auto bytes = get(path);
  if (!bytes) return unreadable(std::move(bytes).error());
  return bytes;
}

Result<std::string> LogSource::checkpoint() const {
  ASSIGN_OR_RETURN(const Buffer bytes, must_get("checkpoint"));
  return std::string(text_of(bytes));
}

Result<std::string> LogSource::keys() const {
  ASSIGN_OR_RETURN(const Buffer bytes, must_get("keys"));
  return std::string(text_of(bytes));
}

Result<Buffer> LogSource::tile(const merkle::TileId& id) const {
  auto bytes = get(tile_url_path(id));
  if (bytes) return bytes;
  if (!may_be_replaced(bytes.error(), id)) return unreadable(std::move(bytes).error());
  ASSIGN_OR_RETURN(Buffer full, must_get(tile_url_path({id.level, id.index})));
  full.resize(std::min<std::size_t>(full.size(), id.width * kHashSize));
  return full;
}

Result<Buffer> LogSource::bundle(const merkle::TileId& id) const {
  auto bytes = get(bundle_url_path(id));
  if (bytes) return bytes;
  if (!may_be_replaced(bytes.error(), id)) return unreadable(std::move(bytes).error());
  ASSIGN_OR_RETURN(const Buffer full, must_get(bundle_url_path({0, id.index})));
  return first_entries(full, id.width);
}

void LogSource::read_ahead(TreeSize, TreeSize) {}

std::string tile_url_path(const merkle::TileId& id) {
  return "tile/" + merkle::tile_path(id);
}

std::string bundle_url_path(const merkle::TileId& id) {
  return "tile/entries/" + merkle::bundle_path(id);
}

std::size_t largest_answer(std::string_view path) {
  constexpr std::size_t kKeysMax = 16u << 20;
  constexpr std::size_t kBundleMax = merkle::kTileWidth * (2 + format::kRecordMax);
  // A note or a record within JSON: escaped or in base64, with the hashes of a proof beside it.
  constexpr std::size_t kJsonMax = 2 * format::kNoteMax + 4 * format::kRecordMax + (64u << 10);
  if (path == "keys") return kKeysMax;
  if (path.starts_with("tile/entries/")) return kBundleMax;
  if (path.starts_with("tile/")) return 64u << 10;  // a problem, too, instead of 8,192 bytes
  return kJsonMax;
}

std::string export_path(const std::string& path) {
  return path == "keys" ? "keys.json" : path;
}

Result<Buffer> DirectorySource::get(const std::string& path) const {
  return read_file_of(files_, path);
}

Result<Buffer> read_file_of(const env::Filesystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, files.open_read(export_path(path)));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  if (size.value > kFileMax) return io_error(path + " is larger than any file of an export");
  Buffer bytes(size.value);
  RETURN_IF_ERROR(file->read(ByteOffset{0}, bytes));
  return bytes;
}

}  // namespace varve::audit
