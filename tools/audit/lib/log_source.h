// Where an audit reads a log from: a server or a directory with an export, both in the layout of
// C2SP tlog-tiles. Nothing that comes from here is believed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/merkle/tile.h"

namespace varve::audit {

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

/// Bytes of the largest true answer to `path`, so that a server cannot make its reader take more.
/// "keys": the history of some thousand rotations.
std::size_t largest_answer(std::string_view path);

/// Where an export keeps what a server has at `path`.
std::string export_path(const std::string& path);

/// A file of an export, at the path that a server has it. Errors: kNotFound, kIo.
Result<Buffer> read_file_of(const env::Filesystem& files, const std::string& path);

/// An export made by `varve-audit fetch`, or by anything that lays a log out as C2SP says, with
/// keys.json beside.
class DirectorySource final : public LogSource {
 public:
  explicit DirectorySource(const env::Filesystem& files) : files_(files) {}

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override;
  const env::Filesystem& files_;
};

}  // namespace varve::audit
