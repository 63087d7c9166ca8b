// The keys of a log on its token, and what needs them, in one table.
#include "tools/keys/kek_commands.h"

#include <cstdio>
#include <map>

#include "ledger/base/key_period.h"
#include "ledger/base/visible.h"
#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "ledger/store/kek_label.h"
#include "ledger/store/later_files.h"
#include "ledger/store/month_keys.h"

namespace varve::keys {
namespace {

struct Row {
  std::string month;  // as key_period_text() spells it
  bool on_token = false;
  std::size_t segments = 0;  // whose data keys it wraps
  bool is_draft = false;     // it is of minutes, in a log for trying
};
using Rows = std::map<std::string, Row>;  // by label

/// A draft's key period is named by p and its number, and called by the number.
std::string month_in(const store::KekLabel& label) {
  return label.period.starts_with('p') ? label.period.substr(1) : label.period;
}

Result<void> add_keys(hsm::Token& token, const std::string& prefix, Rows& rows) {
  ASSIGN_OR_RETURN(const auto keys, token.list_keys());
  for (const hsm::KeyInfo& key : keys) {
    const auto label = store::parse_kek_label(prefix, key.label);
    if (key.use == hsm::KeyUse::kWrap && label)
      rows[key.label] = {month_in(*label), true, 0, label->period.starts_with('p')};
  }
  return {};
}

Result<void> add_segments(const env::Filesystem& files, Rows& rows) {
  ASSIGN_OR_RETURN(const auto headers, store::all_segments(files));
  std::map<KeyPeriod, std::optional<store::MonthKeys>> months;
  for (const store::SegmentHeader& header : headers) {
    if (!months.contains(header.period())) {
      ASSIGN_OR_RETURN(months[header.period()], store::read_month_keys(files, header.period()));
    }
    const auto& anew = months[header.period()];
    Row& row = rows[anew && anew->find(header.ordinal) ? anew->label : header.label];
    row.month = key_period_text(header.period());
    row.is_draft = header.key_minutes != 0;
    ++row.segments;
  }
  return {};
}

std::string as_json(const Rows& rows) {
  std::string json;
  for (const auto& [label, row] : rows) {
    json.append(json.empty() ? "{\"keys\":[" : ",");
    json.append("{\"month\":").append(format::json_quoted(row.month));
    json.append(",\"label\":").append(format::json_quoted(label));
    json.append(",\"on_token\":").append(row.on_token ? "true" : "false");
    json.append(",\"segments\":").append(std::to_string(row.segments));
    json.append(row.is_draft ? ",\"mode\":\"draft\"}" : "}");
  }
  return json.append(json.empty() ? "{\"keys\":[]}\n" : "]}\n");
}

std::string as_text(const Rows& rows) {
  std::string text = "month    on the token  segments  label\n";
  for (const auto& [label, row] : rows) {
    std::string segments = std::to_string(row.segments);
    segments.resize(10, ' ');
    text.append(row.month).append(row.on_token ? "  yes           " : "  no            ");
    text.append(segments).append(label).append(row.is_draft ? "  (a draft log)\n" : "\n");
  }
  return text;
}

}  // namespace

Result<void> list_keks(const KekArguments& arguments) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(arguments.store));
  RETURN_IF_ERROR(store::expect_no_later_files(*files));
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  Rows rows;
  RETURN_IF_ERROR(add_keys(*token, arguments.prefix, rows));
  RETURN_IF_ERROR(add_segments(*files, rows));
  std::fputs(visible_lines(arguments.json ? as_json(rows) : as_text(rows)).c_str(), stdout);
  return {};
}

}  // namespace varve::keys
