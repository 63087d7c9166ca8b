// Where an audit reads a log from, in the layout of C2SP tlog-tiles. Nothing that comes from here
// is believed. Who reads a server or a directory stands in tools/audit.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/merkle/tile.h"

namespace varve::verify {

/// Errors of every method: kBusy  nobody answers.  kIo  it could not be read, for any other reason.
class LogSource : public merkle::TileSource {
 public:
  /// Thread: one at a time.
  [[nodiscard]] Result<std::string> checkpoint() const;  // a signed note
  [[nodiscard]] Result<std::string> keys() const;        // the JSON of GET /logs/NAME/keys
  /// Bytes of the tile, whatever their number: an answer of the wrong size is the caller's to see.
  /// A partial tile that is gone is cut from the full one, as C2SP allows.
  [[nodiscard]] Result<Buffer> tile(const merkle::TileId& id) const override;
  /// The entry bundle of tile 0/`index`, `width` entries. `level` is ignored.
  [[nodiscard]] Result<Buffer> bundle(const merkle::TileId& id) const;

  /// Records [from, to) will be read next, front to back. A source may prepare for that.
  virtual void read_ahead(TreeSize from, TreeSize to);

 private:
  /// `path` as in the URL: "checkpoint", "keys", "tile/0/x001/234". Errors: kNotFound, any other.
  [[nodiscard]] virtual Result<Buffer> get(const std::string& path) const = 0;
  [[nodiscard]] Result<Buffer> must_get(const std::string& path) const;
};

/// "tile/0/x001/234.p/7" and "tile/entries/x001/234.p/7".
std::string tile_url_path(const merkle::TileId& id);
std::string bundle_url_path(const merkle::TileId& id);

}  // namespace varve::verify
