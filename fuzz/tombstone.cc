// Tombstones: what is decoded encodes to exactly the same bytes, and is no record. What may be true
// is of a month that was over.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/base/month.h"
#include "ledger/format/record.h"
#include "ledger/rules/tombstone_check.h"

namespace varve::fuzz {
namespace {

constexpr std::uint64_t kNowUs = 1'795'219'200'000'000;  // 2026-11-21

}  // namespace

bool accepts(Bytes in) {
  CHECK(!format::is_tombstone(in) || !format::decode_record(in));
  const auto tombstone = format::decode_tombstone(in);
  if (!tombstone) return false;
  CHECK(format::is_tombstone(in));
  CHECK(format::encode_tombstone(*tombstone) == to_buffer(in));
  CHECK(!format::explain(*tombstone).empty());
  if (!rules::check_possible(*tombstone, 0)) return true;
  CHECK(tombstone->destroyed_us >= end_of_month_us(tombstone->month));
  for (const std::uint64_t log_us : {std::uint64_t{0}, kNowUs})
    if (rules::check_past(*tombstone, {kNowUs, log_us}))
      CHECK(tombstone->month < month_of(kNowUs + 3'600'000'001));
  return true;
}

std::vector<Buffer> seeds() {
  return {format::encode_tombstone({}), format::encode_tombstone({202'610, 3, kNowUs, {}})};
}

}  // namespace varve::fuzz
