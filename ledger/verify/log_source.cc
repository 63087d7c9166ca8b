// Paths of a tiled log, and a partial tile that is gone.
#include "ledger/verify/log_source.h"

#include <algorithm>

#include "ledger/base/codec.h"

namespace varve::verify {
namespace {

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

}  // namespace varve::verify
