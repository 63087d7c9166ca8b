// The file of a month's keys.
#include "ledger/store/month_keys.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {
namespace {

constexpr std::size_t kMonthKeysMax = 64u << 20;  // a million segments

std::string month_keys_path(KeyPeriod period) {
  return std::string(kMonthKeysFolder).append("/").append(key_period_name(period));
}

}  // namespace

const WrappedKey* MonthKeys::find(std::uint64_t ordinal) const {
  const auto at = std::ranges::lower_bound(keys, ordinal, {}, &WrappedKey::ordinal);
  return at != keys.end() && at->ordinal == ordinal ? &*at : nullptr;
}

Buffer encode_month_keys(const MonthKeys& keys) {
  CHECK(keys.label.size() <= kLabelMax);
  Buffer out;
  ByteWriter w(out);
  const bool is_draft = keys.period.minutes != 0;
  w.text(kMonthKeysMagic).u16(is_draft ? kDraftKeysVersion : kMonthKeysVersion);
  w.u16(static_cast<std::uint16_t>(keys.label.size())).u32(keys.period.number);
  w.u32(static_cast<std::uint32_t>(keys.keys.size()));
  if (is_draft) w.u16(keys.period.minutes);
  w.text(keys.label);
  for (const WrappedKey& key : keys.keys)
    w.u64(key.ordinal).u16(static_cast<std::uint16_t>(key.wrapped.size())).bytes(key.wrapped);
  w.hash(merkle::sha256(out));
  return out;
}

Result<MonthKeys> decode_month_keys(Bytes bytes) {
  const Error damaged = corrupt("not month keys of format 1 or 2");
  if (bytes.size() < kHashSize) return damaged;
  const Bytes body = bytes.first(bytes.size() - kHashSize);
  if (ByteReader(bytes.last(kHashSize)).hash() != merkle::sha256(body)) return damaged;
  ByteReader in(body);
  if (text_of(in.take(kMonthKeysMagic.size())) != kMonthKeysMagic) return damaged;
  const std::uint16_t version = in.u16();
  if (version > kDraftKeysVersion) return later_format(version, kDraftKeysVersion);
  if (version != kMonthKeysVersion && version != kDraftKeysVersion) return damaged;
  const std::size_t label_length = in.u16();
  if (label_length > kLabelMax) return damaged;
  MonthKeys keys;
  keys.period.number = in.u32();
  const std::uint32_t count = in.u32();
  if (version == kDraftKeysVersion) keys.period.minutes = in.u16();
  if (version == kDraftKeysVersion && (keys.period.minutes == 0 || !is_key_period(keys.period)))
    return damaged;
  keys.label = std::string(text_of(in.take(label_length)));
  for (std::uint32_t k = 0; k < count && in.ok(); ++k) {
    WrappedKey key;
    key.ordinal = in.u64();
    key.wrapped = to_buffer(in.take(in.u16()));
    if (!keys.keys.empty() && key.ordinal <= keys.keys.back().ordinal) return damaged;
    keys.keys.push_back(std::move(key));
  }
  if (!in.at_end()) return damaged;
  return keys;
}

Result<std::optional<MonthKeys>> read_month_keys(const env::Filesystem& files, KeyPeriod period) {
  const auto bytes = env::read_whole(files, month_keys_path(period), kMonthKeysMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return std::optional<MonthKeys>{};
  if (!bytes) return bytes.error();
  auto keys = decode_month_keys(*bytes);
  if (!keys && is_trouble(keys.error())) return in_file(keys.error(), month_keys_path(period));
  if (!keys || keys->period != period)
    return corrupt(month_keys_path(period) +
                   " is damaged: put back a copy of it, it holds wrapped data keys");
  return std::optional(std::move(*keys));
}

Result<void> replace_month_keys(env::Filesystem& files, const MonthKeys& keys) {
  RETURN_IF_ERROR(files.make_directory(kMonthKeysFolder));
  return env::write_durably(files, month_keys_path(keys.period), encode_month_keys(keys));
}

Result<std::unique_ptr<env::Lock>> lock_month_keys(env::Filesystem& files) {
  RETURN_IF_ERROR(files.make_directory(kMonthKeysFolder));
  return files.lock(std::string(kMonthKeysFolder) + "/lock");
}

Result<std::vector<SegmentHeader>> all_segments(const env::Filesystem& files) {
  const auto ordinals = list_segments(files);
  std::vector<SegmentHeader> found;
  if (!ordinals && ordinals.error().code == Code::kNotFound) return found;
  if (!ordinals) return ordinals.error();
  for (const std::uint64_t ordinal : *ordinals) {
    auto header = header_of_segment(files, ordinal);
    if (!header) return in_file(header.error(), segment_path(ordinal));
    found.push_back(std::move(*header));
  }
  return found;
}

Result<std::vector<SegmentHeader>> segments_of_month(const env::Filesystem& files,
                                                     std::uint32_t month) {
  ASSIGN_OR_RETURN(auto headers, all_segments(files));
  std::erase_if(headers, [month](const SegmentHeader& header) { return header.month != month; });
  return headers;
}

}  // namespace varve::store
