// A place, and half a hash over all that it is of.
#include "ledger/query/cursor.h"

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::query {
namespace {

constexpr std::size_t kSealBytes = 16;
constexpr std::size_t kPlaceBytes = 8;

Buffer cursor_bytes(const CursorOf& of, const Query& query, LeafIndex at) {
  Buffer sealed;
  ByteWriter(sealed)
      .text("varve cursor v1\n")
      .hash(of.key)
      .hash(merkle::sha256(bytes_of(of.log)))
      .hash(merkle::sha256(bytes_of(text_of_question(query))))
      .u64(at.value);
  const Hash seal = merkle::sha256(sealed);
  Buffer bytes;
  ByteWriter(bytes).u64(at.value).bytes(seal.view().first(kSealBytes));
  return bytes;
}

}  // namespace

std::string format_cursor(const CursorOf& of, const Query& query, LeafIndex at) {
  return hex(cursor_bytes(of, query, at));
}

Result<LeafIndex> parse_cursor(const CursorOf& of, const Query& query) {
  const Error refused = invalid(
      "cursor: it is of another question, order or log, or from before the server's last start: "
      "ask "
      "without it");
  const auto bytes = decode_hex(query.cursor);
  if (!bytes || bytes->size() != kPlaceBytes + kSealBytes) return refused;
  const LeafIndex at{ByteReader(*bytes).u64()};
  if (format_cursor(of, query, at) != query.cursor) return refused;
  return at;
}

}  // namespace varve::query
