// kek list and rotate.
#include "tools/keys/kek_commands.h"

#include <cstdio>
#include <map>
#include <set>

#include "hsm/token_set.h"
#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "ledger/store/rewrap.h"
#include "tools/common/json.h"
#include "tools/common/visible.h"
#include "tools/keys/kek_label.h"

namespace varve::keys {
namespace {

struct Row {
  std::uint32_t month = 0;
  bool on_token = false;
  std::size_t segments = 0;  // whose data keys it wraps
};
using Rows = std::map<std::string, Row>;  // by label

Result<void> add_keys(hsm::Token& token, const std::string& prefix, Rows& rows) {
  ASSIGN_OR_RETURN(const auto keys, token.list_keys());
  for (const hsm::KeyInfo& key : keys) {
    const auto label = parse_kek_label(prefix, key.label);
    if (key.use == hsm::KeyUse::kWrap && label) rows[key.label] = {label->month, true, 0};
  }
  return {};
}

Result<void> add_segments(const env::Filesystem& files, Rows& rows) {
  ASSIGN_OR_RETURN(const auto headers, store::all_segments(files));
  std::map<std::uint32_t, std::optional<store::MonthKeys>> months;
  for (const store::SegmentHeader& header : headers) {
    if (!months.contains(header.month)) {
      ASSIGN_OR_RETURN(months[header.month], store::read_month_keys(files, header.month));
    }
    const auto& anew = months[header.month];
    Row& row = rows[anew && anew->find(header.ordinal) ? anew->label : header.label];
    row.month = header.month;
    ++row.segments;
  }
  return {};
}

std::string as_json(const Rows& rows) {
  std::string json;
  for (const auto& [label, row] : rows) {
    json.append(json.empty() ? "{\"keys\":[" : ",");
    json.append("{\"month\":").append(tools::json_quoted(month_text(row.month)));
    json.append(",\"label\":").append(tools::json_quoted(label));
    json.append(",\"on_token\":").append(row.on_token ? "true" : "false");
    json.append(",\"segments\":").append(std::to_string(row.segments)).append("}");
  }
  return json.append(json.empty() ? "{\"keys\":[]}\n" : "]}\n");
}

std::string as_text(const Rows& rows) {
  std::string text = "month    on the token  segments  label\n";
  for (const auto& [label, row] : rows) {
    std::string segments = std::to_string(row.segments);
    segments.resize(10, ' ');
    text.append(month_text(row.month))
        .append(row.on_token ? "  yes           " : "  no            ");
    text.append(segments).append(label).append("\n");
  }
  return text;
}

/// The new key's token first, then the one that has the keys so far, where that is another.
Result<std::unique_ptr<hsm::TokenSet>> open_both(const RotateKekArguments& arguments) {
  std::vector<std::unique_ptr<hsm::Token>> tokens;
  if (!arguments.new_token.module.empty()) {
    ASSIGN_OR_RETURN(auto token, open_token(arguments.new_token));
    tokens.push_back(std::move(token));
  }
  ASSIGN_OR_RETURN(auto token, open_token(arguments.kek.token));
  tokens.push_back(std::move(token));
  return std::make_unique<hsm::TokenSet>(std::move(tokens));
}

/// The month's next key: one that no token but the new key's has, so that its name means one key.
/// An earlier run that was interrupted may have made it.
Result<std::string> next_label(const RotateKekArguments& arguments, const env::Filesystem& files,
                               std::uint32_t month, hsm::TokenSet& tokens) {
  const std::string& prefix = arguments.kek.prefix;
  ASSIGN_OR_RETURN(const auto current, store::read_month_keys(files, month));
  KekLabel next{month, 1};
  if (current) {
    const auto parsed = parse_kek_label(prefix, current->label);
    if (!parsed)
      return invalid("this month's key is called " + current->label + ": --prefix is another's");
    next = *parsed;
  }
  for (;;) {
    ++next.generation;
    if (&tokens.first() == &tokens.last()) return kek_label(prefix, next);
    ASSIGN_OR_RETURN(const bool taken, tokens.last().holds_kek(kek_label(prefix, next)));
    if (!taken) return kek_label(prefix, next);
  }
}

}  // namespace

Result<void> list_keks(const KekArguments& arguments) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(arguments.store));
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  Rows rows;
  RETURN_IF_ERROR(add_keys(*token, arguments.prefix, rows));
  RETURN_IF_ERROR(add_segments(*files, rows));
  std::fputs(tools::visible_lines(arguments.json ? as_json(rows) : as_text(rows)).c_str(), stdout);
  return {};
}

Result<void> rotate_kek(const RotateKekArguments& arguments) {
  ASSIGN_OR_RETURN(const std::uint32_t month, parse_month(arguments.month));
  ASSIGN_OR_RETURN(const auto files, env::open_posix(arguments.kek.store));
  ASSIGN_OR_RETURN(const auto only_one, store::lock_month_keys(*files));
  ASSIGN_OR_RETURN(const auto there, store::all_segments(*files));
  RETURN_IF_ERROR(check_store(there, arguments.kek.prefix));
  ASSIGN_OR_RETURN(const auto tokens, open_both(arguments));
  ASSIGN_OR_RETURN(const std::string label, next_label(arguments, *files, month, *tokens));
  store::DataKeys keys(*files, *tokens, env::system_random(), arguments.kek.prefix);
  ASSIGN_OR_RETURN(const std::size_t segments,
                   store::rewrap_month(*files, month, keys, tokens->first(), label));
  if (arguments.kek.json)
    std::printf("{\"label\":%s,\"segments\":%zu}\n", tools::json_quoted(label).c_str(), segments);
  else
    std::printf("%s wraps the data keys of %zu segments\n", label.c_str(), segments);
  return {};
}

}  // namespace varve::keys
