// From JSON to what an attempt names.
#include "tools/audit/assess/calendar.h"

#include <algorithm>
#include <cstring>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/merkle/tile.h"
#include "ledger/verify/log_source.h"

namespace varve::audit::assess {
namespace {

using format::Json;

Result<CalendarMonth> read_month(const Json& json, const Calendar& calendar) {
  CalendarMonth month;
  ASSIGN_OR_RETURN(const std::string name, json.text("month"));
  ASSIGN_OR_RETURN(month.range.month, format::parse_key_period(name, calendar.mode));
  ASSIGN_OR_RETURN(month.range.first.value, json.number("first"));
  month.range.end.value = calendar.tree_size;
  month.is_over = json.has("end");
  if (month.is_over) {
    ASSIGN_OR_RETURN(month.range.end.value, json.number("end"));
  }
  ASSIGN_OR_RETURN(month.state, json.text("state"));
  if (json.has("keys")) {
    ASSIGN_OR_RETURN(month.keys, json.text("keys"));
  }
  if (json.has("notice_leaf")) {
    ASSIGN_OR_RETURN(const std::string leaf, json.text("notice_leaf"));
    ASSIGN_OR_RETURN(month.notice_leaf, decode_hex_hash(leaf));
  }
  return month;
}

Result<void> read_policy(const Json& json, Calendar& calendar) {
  ASSIGN_OR_RETURN(const std::string mode, json.text("mode"));
  calendar.mode = mode == "draft" ? format::Mode::kDraft : format::Mode::kLocked;
  ASSIGN_OR_RETURN(calendar.period, json.number("period"));
  if (!json.has("policy_text")) return invalid("the log has no policy record");
  ASSIGN_OR_RETURN(calendar.policy_record, json.number("policy_record"));
  ASSIGN_OR_RETURN(const std::string leaf, json.text("policy_leaf"));
  ASSIGN_OR_RETURN(calendar.policy_leaf, decode_hex_hash(leaf));
  ASSIGN_OR_RETURN(const std::string text, json.text("policy_text"));
  ASSIGN_OR_RETURN(calendar.policy, format::parse_policy(text));
  return {};
}

Result<Calendar> read_calendar(const std::string& body) {
  ASSIGN_OR_RETURN(const Json json, Json::parse(body));
  Calendar calendar;
  ASSIGN_OR_RETURN(calendar.tree_size, json.number("tree_size"));
  ASSIGN_OR_RETURN(calendar.reading, json.text("reading"));
  RETURN_IF_ERROR(read_policy(json, calendar));
  ASSIGN_OR_RETURN(calendar.approvals_needed, json.number("approvals_needed"));
  ASSIGN_OR_RETURN(const Json::Array months, json.objects("months"));
  for (const Json& each : months) {
    ASSIGN_OR_RETURN(CalendarMonth month, read_month(each, calendar));
    calendar.months.push_back(std::move(month));
  }
  if (calendar.months.empty()) return invalid("the log has no month");
  return calendar;
}

}  // namespace

const CalendarMonth* Calendar::find(std::uint32_t month) const {
  const auto found = std::ranges::find_if(
      months, [&](const CalendarMonth& each) { return each.range.month == month; });
  return found == months.end() ? nullptr : &*found;
}

Result<Calendar> ask_calendar(const Site& site) {
  ASSIGN_OR_RETURN(const std::string body, fetch(site, Who::kOperator, site.path("/retention")));
  auto calendar = read_calendar(body);
  if (!calendar)
    return std::move(calendar).error().during("reading what the server says of retention");
  return calendar;
}

Result<Hash> root_of_first(const Site& site, LeafIndex end) {
  const TreeSize size = size_before(end);
  std::vector<Hash> leaves;
  for (std::uint64_t tile = 0; leaves.size() < size.value; ++tile) {
    const merkle::TileId id{0, tile, merkle::tile_width(0, tile, size)};
    ASSIGN_OR_RETURN(const std::string hashes,
                     fetch(site, Who::kOperator, site.path("/" + verify::tile_url_path(id))));
    if (hashes.size() != std::size_t{id.width} * sizeof(Hash::bytes))
      return corrupt("a tile of the log has another size");
    for (std::size_t at = 0; at < hashes.size(); at += sizeof(Hash::bytes)) {
      leaves.emplace_back();
      std::memcpy(leaves.back().bytes.data(), hashes.data() + at, sizeof(Hash::bytes));
    }
  }
  return merkle::root_of(leaves);
}

Result<Hash> leaf_of_hold(const Site& site, const std::string& id) {
  ASSIGN_OR_RETURN(const std::string body, fetch(site, Who::kOperator, site.path("/retention")));
  ASSIGN_OR_RETURN(const Json json, Json::parse(body));
  ASSIGN_OR_RETURN(const Json::Array holds, json.objects("holds"));
  for (const Json& hold : holds) {
    ASSIGN_OR_RETURN(const std::string name, hold.text("id"));
    if (name != id) continue;
    ASSIGN_OR_RETURN(const std::string leaf, hold.text("leaf"));
    return decode_hex_hash(leaf);
  }
  return not_found("the log has no hold " + id);
}

}  // namespace varve::audit::assess
