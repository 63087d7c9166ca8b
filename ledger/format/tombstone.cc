// Encoding of tombstones.
#include "ledger/format/tombstone.h"

#include <chrono>
#include <cstdio>

#include "ledger/base/codec.h"
#include "ledger/base/month.h"

namespace varve::format {
namespace {

constexpr std::string_view kTombstoneMagic{"\0TMB", 4};

std::string date_time(std::uint64_t time_us) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{time_us}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(time) - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02lld:%02lld:%02lldZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<long long>(clock.hours().count()),
                static_cast<long long>(clock.minutes().count()),
                static_cast<long long>(clock.seconds().count()));
  return text;
}

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

bool is_tombstone(Bytes entry) { return !entry.empty() && entry.front() == std::byte{0}; }

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
  return text.append(" destroyed on ").append(date_time(tombstone.destroyed_us));
}

}  // namespace varve::format
