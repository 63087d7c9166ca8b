// The wrapped data keys of one month, wrapped anew: what takes the place of the wrapped keys in the
// segments' headers, which are never rewritten. docs/format/month-keys.md
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

// Month keys, format 1, and format 2 of draft logs, big-endian. A new file takes the old one's place as a whole.
// Every later format begins with the same magic and its version, and ends with the same check.
//   off size field
//     0    8 magic    "VARVEKEY"
//     8    2 version  1; in a draft log 2
//    10    2 label    l, length of the key label
//    12    4 month    YYYYMM (UTC); in format 2 the number of the key period
//    16    4 count    n
//   (20    2 minutes  in format 2 alone: m, of a key period, 1 to 44640; what follows is 2 further on)
//    20    l label    of the key-encryption key, for all below and for new segments of the month
//  20+l      n times, sorted by ordinal: 8 ordinal, 2 length w, w wrapped data key
//   ...   32 check    SHA-256 of all before
inline constexpr std::string_view kMonthKeysMagic = "VARVEKEY";
inline constexpr std::uint16_t kMonthKeysVersion = 1;
inline constexpr std::uint16_t kDraftKeysVersion = 2;

struct WrappedKey {
  std::uint64_t ordinal = 0;
  Buffer wrapped;
  bool operator==(const WrappedKey&) const = default;
};

struct MonthKeys {
  KeyPeriod period;
  std::string label;
  std::vector<WrappedKey> keys;  // sorted by ordinal
  /// Null when it has none of this segment.
  [[nodiscard]] const WrappedKey* find(std::uint64_t ordinal) const;
};

Buffer encode_month_keys(const MonthKeys& keys);
/// Errors: kCorrupt  not exactly what encode_month_keys writes.  kIo  of a later format (later_format.h).
Result<MonthKeys> decode_month_keys(Bytes bytes);

/// In it a file for each month, "2026-11"; in a draft log for each key period, "p29934123".
inline constexpr const char* kMonthKeysFolder = "data-keys";

/// Nothing when the month's keys were never wrapped anew. Errors: kCorrupt  damaged.  kIo  also: of a later format.
Result<std::optional<MonthKeys>> read_month_keys(const env::Filesystem& files, KeyPeriod period);
/// Interrupted anywhere, the old file is there or the new one. Durable at return. Errors: kFull, kIo.
Result<void> replace_month_keys(env::Filesystem& files, const MonthKeys& keys);

/// So that only one process wraps a log's data keys anew, or destroys what wraps them.
/// Errors: kWorm  another process is at it.  kFull, kIo.
Result<std::unique_ptr<env::Lock>> lock_month_keys(env::Filesystem& files);

/// The headers of all segments in their order; none of a log that is still to come.
/// Errors: kCorrupt, kIo.
Result<std::vector<SegmentHeader>> all_segments(const env::Filesystem& files);
/// Those of a month, or in a draft log of the key period of that number. Errors: as all_segments.
Result<std::vector<SegmentHeader>> segments_of_month(const env::Filesystem& files,
                                                     std::uint32_t month);

}  // namespace varve::store
