// Encoding of tombstones.
#include "ledger/format/tombstone.h"

#include "ledger/base/codec.h"
#include "ledger/base/month.h"

namespace varve::format {
namespace {

constexpr std::string_view kTombstoneMagic{"\0TMB", 4};

}  // namespace

Buffer encode_tombstone(const Tombstone& tombstone) {
  Buffer out;
  ByteWriter(out)
      .text(kTombstoneMagic)
      .u32(tombstone.month)
      .u64(tombstone.segment)
      .u64(tombstone.destroyed_us)
      .hash(tombstone.leaf);
  return out;
}

bool is_tombstone(Bytes entry) {
  return !entry.empty() && entry.front() == std::byte{0};
}

Result<Tombstone> decode_tombstone(Bytes entry) {
  ByteReader in(entry);
  const bool magic = text_of(in.take(kTombstoneMagic.size())) == kTombstoneMagic;
  Tombstone tombstone;
  tombstone.month = in.u32();
  tombstone.segment = in.u64();
  tombstone.destroyed_us = in.u64();
  tombstone.leaf = in.hash();
  if (!magic || !in.at_end()) return invalid("not a tombstone of format 1");
  return tombstone;
}

std::string explain(const Tombstone& tombstone) {
  std::string text = "segment ";
  text.append(std::to_string(tombstone.segment)).append(" cannot be read: key of month ");
  text.append(month_text(tombstone.month));
  return text.append(" destroyed on ").append(time_text(tombstone.destroyed_us));
}

}  // namespace varve::format
