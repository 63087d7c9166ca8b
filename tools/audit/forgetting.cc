// Find, prepare, exchange.
#include "tools/audit/forgetting.h"

#include <algorithm>

#include "ledger/base/key_period.h"
#include "ledger/format/batch.h"
#include "ledger/format/record.h"
#include "ledger/verify/kept_events.h"
#include "tools/audit/exchange.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/audit/observing.h"
#include "tools/common/mirror.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kPlacesMax = 16;  // where to ask, before the month counts as not destroyed

bool is_of(const format::Record& record, KeyPeriod month) {
  return is_key_period(month) && record.time_us < end_of_key_period_us(month) &&
         key_period_of(record.time_us, month.minutes) == month;
}

std::uint64_t first_bundle(const format::MonthRange& month) {
  return month.first.value / merkle::kTileWidth;
}

std::uint64_t last_bundle(const format::MonthRange& month) {
  return (month.end.value - 1) / merkle::kTileWidth;
}

enum class Holds { kNothing, kTimesOfMonth, kTombstonesOfMonth };

/// Of a bundle in the mirror.
Result<Holds> holds(Bytes bundle, KeyPeriod month) {
  ASSIGN_OR_RETURN(const auto entries, format::split_bundle(bundle, merkle::kTileWidth));
  Holds found = Holds::kNothing;
  for (const Bytes entry : entries) {
    const auto tombstone = format::decode_tombstone(entry);
    if (tombstone && tombstone->month == month.number) return Holds::kTombstonesOfMonth;
    const auto record = format::decode_record(entry);
    if (record && is_of(*record, month)) found = Holds::kTimesOfMonth;
  }
  return found;
}

/// At most kPlacesMax of them, spread evenly, those in the middle first.
std::vector<std::uint64_t> spread(const std::vector<std::uint64_t>& places) {
  std::vector<std::uint64_t> some;
  const std::uint64_t count = std::min<std::uint64_t>(places.size(), kPlacesMax);
  for (std::uint64_t i = 0; i < count; ++i)
    some.push_back(places[(2 * i + 1) * places.size() / (2 * count)]);
  const std::uint64_t middle = some.empty() ? 0 : some[some.size() / 2];
  const auto away = [middle](std::uint64_t k) { return k < middle ? middle - k : k - middle; };
  std::ranges::stable_sort(some, {}, away);
  return some;
}

}  // namespace

merkle::TileId Forgetting::bundle_id(std::uint64_t index) const {
  return {0, index, merkle::tile_width(0, index, size_)};
}

Result<Buffer> Forgetting::read(const std::string& path) const {
  return read_file_of(writer_.files(), prepared_.contains(path) ? prepared_path(path) : path);
}

Result<Forgetting::Seen> Forgetting::see(Bytes bundle, std::uint32_t month) {
  ASSIGN_OR_RETURN(const auto entries, format::split_bundle(bundle, merkle::kTileWidth));
  Seen seen;
  bool first = true;
  for (const Bytes entry : entries) {
    const auto tombstone = format::decode_tombstone(entry);
    const auto record = format::decode_record(entry);
    const bool stays =
        !tombstone && record && format::row_of(record->kind).fate == format::Fate::kKept;
    if (stays) continue;
    const bool of_month = tombstone && tombstone->month == month;
    seen.has_month = seen.has_month || of_month;
    seen.has_events = seen.has_events || !tombstone;
    seen.may_go_on_right = of_month;
    if (first) seen.may_go_on_left = of_month;
    first = false;
  }
  return seen;
}

Result<std::vector<std::uint64_t>> Forgetting::places_to_ask(
    const format::MonthRange& month) const {
  std::vector<std::uint64_t> places;
  for (std::uint64_t index = first_bundle(month); index <= last_bundle(month); ++index) {
    ASSIGN_OR_RETURN(const Buffer held, read(verify::bundle_url_path(bundle_id(index))));
    ASSIGN_OR_RETURN(const Holds found, holds(held, period(month)));
    if (found == Holds::kTombstonesOfMonth) return std::vector{index};
    if (found == Holds::kTimesOfMonth) places.push_back(index);
  }
  return spread(places);
}

Result<Forgetting::Hit> Forgetting::first_hit(const format::MonthRange& month) {
  ASSIGN_OR_RETURN(const auto places, places_to_ask(month));
  for (const std::uint64_t index : places) {
    ASSIGN_OR_RETURN(const Seen seen, look(index, month));
    if (seen.has_month) return Hit{index, seen};
  }
  return invalid("the server has no tombstone of " + key_period_text(period(month)) +
                 " in place of a record that is from then by its time: it has not destroyed the "
                 "month's key, and this mirror keeps the events");
}

Result<void> Forgetting::find(const format::MonthRange& month) {
  ASSIGN_OR_RETURN(const Hit hit, first_hit(month));
  Seen seen = hit.seen;
  for (std::uint64_t index = hit.index;
       index > first_bundle(month) && seen.may_go_on_left && !lie_;) {
    ASSIGN_OR_RETURN(seen, look(--index, month));
  }
  seen = hit.seen;
  for (std::uint64_t index = hit.index + 1;
       index <= last_bundle(month) && seen.may_go_on_right && !lie_; ++index) {
    ASSIGN_OR_RETURN(seen, look(index, month));
  }
  return {};
}

Result<bool> Forgetting::find_in(const format::MonthRange& month) {
  for (std::uint64_t k = first_bundle(month); k <= last_bundle(month) && !lie_; ++k) {
    const LeafIndex first{k * merkle::kTileWidth};
    ASSIGN_OR_RETURN(const Buffer held, read(verify::bundle_url_path(bundle_id(k))));
    ASSIGN_OR_RETURN(const bool has_events, verify::holds_events(held, first, month));
    if (!has_events) continue;
    ASSIGN_OR_RETURN(const Seen there, look(k, month));
    if (!there.has_month) return true;
  }
  return false;
}

/// Asks the server when the mirror has an event there, and prepares the bundle that comes of it.
Result<Forgetting::Seen> Forgetting::look(std::uint64_t index, const format::MonthRange& month) {
  const merkle::TileId id = bundle_id(index);
  ASSIGN_OR_RETURN(const Buffer held, read(verify::bundle_url_path(id)));
  ASSIGN_OR_RETURN(const Seen here, see(held, month.month));
  if (!here.has_events) return here;
  ASSIGN_OR_RETURN(const Buffer fetched, log_.bundle(id));
  RETURN_IF_ERROR(ExportItem({id, true}).check_shape(fetched));
  ASSIGN_OR_RETURN(const Seen there, see(fetched, month.month));
  if (there.has_month) RETURN_IF_ERROR(prepare(id, month, held, fetched));
  return there;
}

Result<void> Forgetting::prepare(const merkle::TileId& id, const format::MonthRange& month,
                                 Bytes held, Bytes fetched) {
  const LeafIndex first{id.index * merkle::kTileWidth};
  ASSIGN_OR_RETURN(verify::ForgottenEvents forgotten,
                   verify::forget_events(held, fetched, first, month, now_));
  if (forgotten.lie) {
    lie_ = verify::Finding{forgotten.lie->index, "", "tombstone", std::move(forgotten.lie->why)};
    return {};
  }
  if (forgotten.events.empty()) return {};
  const rules::DestroyedMonth& more = forgotten.events[period(month)];
  rules::DestroyedMonth& all = events_[period(month)];
  all.records += more.records;
  all.destroyed_us = std::max(all.destroyed_us, more.destroyed_us);
  if (more.named) all.named = more.named;
  const std::string path = verify::bundle_url_path(id);
  RETURN_IF_ERROR(writer_.put(prepared_path(path), forgotten.bundle));
  prepared_.insert(path);
  return {};
}

Result<void> Forgetting::exchange(std::string_view observations,
                                  const std::function<Result<void>()>& forget_audit) {
  RETURN_IF_ERROR(writer_.put(prepared_path(kObservations), bytes_of(observations)));
  std::string list = std::string(kObservations) + "\n";
  for (const std::string& path : prepared_) list.append(path).append("\n");
  RETURN_IF_ERROR(writer_.sync());  // the list must not outlive what it lists
  RETURN_IF_ERROR(writer_.put(tools::kExchangeList, bytes_of(list)));
  RETURN_IF_ERROR(writer_.sync());
  return end_exchange(writer_, forget_audit);
}

Result<void> Forgetting::abandon() {
  for (const std::string& path : prepared_) RETURN_IF_ERROR(writer_.remove(prepared_path(path)));
  prepared_.clear();
  return {};
}

}  // namespace varve::audit
