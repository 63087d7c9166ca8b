// Encoding of tombstones.
#include "ledger/format/tombstone.h"

#include "ledger/base/codec.h"
#include "ledger/base/key_period.h"
#include "ledger/base/month.h"

namespace varve::format {
namespace {

constexpr std::string_view kTombstoneMagic{"\0TM2", 4};
constexpr std::string_view kTombstoneMagic1{"\0TMB", 4};

}  // namespace

Buffer encode_tombstone(const Tombstone& tombstone) {
  const bool is_first = !tombstone.disposal;
  Buffer out;
  ByteWriter w(out);
  w.text(is_first ? kTombstoneMagic1 : kTombstoneMagic).u32(tombstone.month);
  w.u64(tombstone.segment).u64(is_first ? tombstone.destroyed_us : tombstone.disposal->value);
  w.hash(tombstone.leaf);
  if (!is_first) w.u16(tombstone.key_minutes);
  return out;
}

bool is_tombstone(Bytes entry) {
  return !entry.empty() && entry.front() == std::byte{0};
}

Result<Tombstone> decode_tombstone(Bytes entry) {
  ByteReader in(entry);
  const std::string_view magic = text_of(in.take(kTombstoneMagic.size()));
  const bool is_first = magic == kTombstoneMagic1;
  Tombstone tombstone;
  tombstone.month = in.u32();
  tombstone.segment = in.u64();
  const std::uint64_t why = in.u64();
  tombstone.leaf = in.hash();
  if (is_first) {
    tombstone.destroyed_us = why;
  } else {
    tombstone.disposal = LeafIndex{why};
    tombstone.key_minutes = in.u16();
  }
  if ((!is_first && magic != kTombstoneMagic) || !in.at_end())
    return invalid("not a tombstone of format 1 or 2");
  return tombstone;
}

std::string explain(const Tombstone& tombstone) {
  std::string text = "segment " + std::to_string(tombstone.segment) + " cannot be read: ";
  const std::string month =
      varve::key_period_text(KeyPeriod{tombstone.month, tombstone.key_minutes});
  if (tombstone.disposal)
    return text + "record " + std::to_string(tombstone.disposal->value) + " disposes of " + month;
  text.append("key of month ").append(month);
  return text.append(" destroyed on ").append(time_text(tombstone.destroyed_us));
}

}  // namespace varve::format
