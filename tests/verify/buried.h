// Entry bundles with tombstones in place of events.
#pragma once

#include <set>
#include <string>

#include "ledger/base/month.h"
#include "ledger/format/batch.h"
#include "ledger/format/tombstone.h"
#include "log_builder.h"

namespace varve::verify {

inline constexpr std::uint32_t kGoneMonth = 202'601;
/// What a server may say of a month that was over long before kNowUs.
inline format::Tombstone gone() {
  return {kGoneMonth, 0, end_of_month_us(kGoneMonth), {}};
}

/// Puts a tombstone like `says` in the place of each of `records`, all in the first bundle.
inline void bury(Files& files, const std::set<std::size_t>& records,
                 const format::Tombstone& says = gone()) {
  for (auto& [path, bytes] : files) {
    if (!path.starts_with("tile/entries/000")) continue;
    const auto entries = format::split_bundle(bytes, merkle::kTileWidth);
    Buffer buried;
    for (std::size_t k = 0; k < entries->size(); ++k) {
      format::Tombstone tombstone = says;
      tombstone.leaf = merkle::leaf_hash((*entries)[k]);
      format::append_to_bundle(
          buried, records.contains(k) ? Bytes(format::encode_tombstone(tombstone)) : (*entries)[k]);
    }
    bytes = buried;
  }
}

/// All events among the first `size` records.
inline std::set<std::size_t> all_events(const LogBuilder& log, std::size_t size) {
  std::set<std::size_t> events;
  for (std::size_t k = 0; k < size; ++k)
    if (format::decode_record(log.records[k])->kind == format::Kind::kEvent) events.insert(k);
  return events;
}

/// Where record k is in the first bundle, behind its length; none before it is buried.
inline std::size_t bundle_offset(const LogBuilder& log, std::size_t k) {
  std::size_t offset = 2;
  for (std::size_t i = 0; i < k; ++i) offset += log.records[i].size() + 2;
  return offset;
}

}  // namespace varve::verify
