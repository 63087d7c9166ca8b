// Paths of tiles and bundles: what is parsed is spelled exactly so.
#include "fuzz/target.h"
#include "ledger/merkle/tile.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto bundle = merkle::parse_bundle_path(text_of(in));
  if (bundle) CHECK(merkle::bundle_path(*bundle) == text_of(in));
  const auto tile = merkle::parse_tile_path(text_of(in));
  if (tile) CHECK(merkle::tile_path(*tile) == text_of(in));
  return bundle.has_value() || tile.has_value();
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> paths;
  for (const char* path :
       {"0/000", "63/x001/x234/067.p/255", "x001/000", "7/x018/x446/x744/x073/x709/x551/615.p/9"})
    paths.push_back(to_buffer(bytes_of(path)));
  return paths;
}

}  // namespace varve::fuzz
