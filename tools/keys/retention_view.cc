// From JSON to lines.
#include "tools/keys/retention_view.h"

#include <algorithm>
#include <cstdio>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/json.h"

namespace varve::keys {
namespace {

using format::Json;

/// A text that may be missing.
Result<std::string> text_or_none(const Json& json, std::string_view name) {
  if (!json.has(name)) return std::string();
  return json.text(name);
}

Result<HeldMonth> read_month(const Json& json) {
  HeldMonth month;
  ASSIGN_OR_RETURN(month.month, json.text("month"));
  ASSIGN_OR_RETURN(month.first, json.number("first"));
  if (json.has("end")) {
    ASSIGN_OR_RETURN(month.end, json.number("end"));
  }
  ASSIGN_OR_RETURN(month.due, text_or_none(json, "due"));
  ASSIGN_OR_RETURN(month.goes, text_or_none(json, "goes"));
  ASSIGN_OR_RETURN(month.holds, json.texts("holds"));
  month.is_disposed_of = json.has("disposal");
  if (month.is_disposed_of) {
    ASSIGN_OR_RETURN(const std::string keys, json.text("keys"));
    month.keys_are_gone = keys == "destroyed";
  }
  if (!json.has("notice_leaf")) return month;
  ASSIGN_OR_RETURN(const std::string leaf, json.text("notice_leaf"));
  ASSIGN_OR_RETURN(month.notice, decode_hex_hash(leaf));
  ASSIGN_OR_RETURN(const std::string root, json.text("root"));
  ASSIGN_OR_RETURN(month.root, decode_base64_hash(root));
  return month;
}

Result<NamedApprover> read_approver(const Json& json) {
  NamedApprover approver;
  ASSIGN_OR_RETURN(approver.vkey, json.text("vkey"));
  ASSIGN_OR_RETURN(approver.counts_from, text_or_none(json, "counts_from"));
  return approver;
}

Result<NamedTimeSource> read_source(const Json& json) {
  NamedTimeSource source;
  ASSIGN_OR_RETURN(source.name, json.text("name"));
  ASSIGN_OR_RETURN(source.key, json.text("key"));
  ASSIGN_OR_RETURN(source.counts_from, text_or_none(json, "counts_from"));
  return source;
}

Result<PlacedHold> read_hold(const Json& json) {
  PlacedHold hold;
  ASSIGN_OR_RETURN(hold.id, json.text("id"));
  ASSIGN_OR_RETURN(hold.scope, json.text("scope"));
  ASSIGN_OR_RETURN(hold.record, json.number("record"));
  ASSIGN_OR_RETURN(const std::string leaf, json.text("leaf"));
  ASSIGN_OR_RETURN(hold.leaf, decode_hex_hash(leaf));
  ASSIGN_OR_RETURN(const std::string state, json.text("state"));
  hold.is_open = state == "open";
  return hold;
}

template <class Item>
Result<std::vector<Item>> read_all(const Json& json, std::string_view name,
                                   Result<Item> (*read)(const Json&)) {
  ASSIGN_OR_RETURN(const Json::Array values, json.objects(name));
  std::vector<Item> items;
  for (const Json& value : values) {
    ASSIGN_OR_RETURN(Item item, read(value));
    items.push_back(std::move(item));
  }
  return items;
}

Result<void> read_policy(const Json& json, RetentionView& view) {
  ASSIGN_OR_RETURN(view.unit, json.text("unit"));
  ASSIGN_OR_RETURN(view.period, json.number("period"));
  ASSIGN_OR_RETURN(view.notice, json.number("notice"));
  ASSIGN_OR_RETURN(view.wait, json.number("wait"));
  if (!json.has("policy_text")) return {};
  ASSIGN_OR_RETURN(const std::string text, json.text("policy_text"));
  ASSIGN_OR_RETURN(view.policy, format::parse_policy(text));
  ASSIGN_OR_RETURN(const std::string leaf, json.text("policy_leaf"));
  ASSIGN_OR_RETURN(view.policy_leaf, decode_hex_hash(leaf));
  return {};
}

Result<RetentionView> read_view(const std::string& answer) {
  ASSIGN_OR_RETURN(const Json json, Json::parse(answer));
  RetentionView view;
  view.json = answer;
  ASSIGN_OR_RETURN(view.origin, json.text("origin"));
  ASSIGN_OR_RETURN(view.reading, text_or_none(json, "reading"));
  RETURN_IF_ERROR(read_policy(json, view));
  ASSIGN_OR_RETURN(view.approvals_needed, json.number("approvals_needed"));
  ASSIGN_OR_RETURN(view.approvers, read_all(json, "approvers", &read_approver));
  ASSIGN_OR_RETURN(view.quorum, json.number("quorum"));
  ASSIGN_OR_RETURN(view.time_sources, read_all(json, "time_sources", &read_source));
  ASSIGN_OR_RETURN(view.earliest, text_or_none(json, "earliest"));
  ASSIGN_OR_RETURN(view.first, text_or_none(json, "first"));
  ASSIGN_OR_RETURN(view.last, text_or_none(json, "last"));
  ASSIGN_OR_RETURN(view.months, read_all(json, "months", &read_month));
  ASSIGN_OR_RETURN(view.holds, read_all(json, "holds", &read_hold));
  return view;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + visible(word);
  return text;
}

/// Of the months that are over and that no hold keeps.
std::uint64_t records_that_can_go(const RetentionView& view) {
  std::uint64_t records = 0;
  for (const HeldMonth& month : view.months)
    if (month.end && month.holds.empty() && !month.is_disposed_of)
      records += *month.end - month.first;
  return records;
}

std::string span_text(const RetentionView& view, std::uint64_t span) {
  return std::to_string(span) + " " + visible(view.unit);
}

void print_dates(const char* when, const RetentionView& view) {
  if (view.approvals_needed < 2)
    std::printf("%s nothing can be disposed of: that takes two approvals, the log demands %llu\n",
                when, static_cast<unsigned long long>(view.approvals_needed));
  else if (view.first.empty())
    std::printf("%s nothing can be disposed of: no month is over that nothing keeps\n", when);
  else
    std::printf("%s the first of %llu records can go on %s, the last on %s\n", when,
                static_cast<unsigned long long>(records_that_can_go(view)),
                visible(view.first).c_str(), visible(view.last).c_str());
}

/// Of the hold that would be placed: a scope that was mistyped keeps nothing but the newest month.
void print_new_hold(const RetentionView& view) {
  const bool is_asked = std::ranges::count(view.holds, "(new)", &PlacedHold::id) != 0;
  if (!is_asked) return;
  std::string months;
  std::uint64_t records = 0;
  for (const HeldMonth& month : view.months) {
    if (std::ranges::count(month.holds, "(new)") == 0) continue;
    months.append(months.empty() ? "" : ", ").append(visible(month.month));
    if (month.end) records += *month.end - month.first;
  }
  std::printf("it keeps %llu records of months that are over, in: %s\n",
              static_cast<unsigned long long>(records), months.c_str());
}

/// What became of the month, or when it could go.
std::string end_text(const HeldMonth& month) {
  if (month.keys_are_gone) return "disposed of";
  if (month.is_disposed_of) return "disposed of, and its keys are not destroyed everywhere yet";
  if (month.notice) return "notice given, not before " + visible(month.goes);
  return "not before " + visible(month.goes);
}

void print_approvers(const RetentionView& view) {
  std::printf("approvals: %llu of %zu approvers\n",
              static_cast<unsigned long long>(view.approvals_needed), view.approvers.size());
  for (const NamedApprover& approver : view.approvers)
    std::printf("  %s, who counts from %s on\n", visible(approver.vkey).c_str(),
                visible(approver.counts_from).c_str());
}

void print_time_sources(const RetentionView& view) {
  if (view.time_sources.empty()) return;
  std::printf("evidence of the time: %llu of %zu sources\n",
              static_cast<unsigned long long>(view.quorum), view.time_sources.size());
  for (const NamedTimeSource& source : view.time_sources)
    std::printf("  %s, which counts from %s on: %s\n", visible(source.name).c_str(),
                visible(source.counts_from).c_str(), visible(source.key).c_str());
  if (!view.earliest.empty())
    std::printf("it is %s or later, by what they said\n", visible(view.earliest).c_str());
}

}  // namespace

Result<RetentionView> ask_retention(const PublishArguments& from, const std::string& question,
                                    const std::string& origin) {
  ASSIGN_OR_RETURN(const std::string answer, ask_server(from, retention_path(from) + question));
  auto view = read_view(answer);
  if (!view) return std::move(view).error().during("reading what the server says of retention");
  if (origin.empty() || view->origin == origin) return view;
  return invalid("this is the log " + view->origin + ", not " + origin);
}

Result<void> show_retention(const PublishArguments& from, bool json,
                            void (*words)(const RetentionView& view)) {
  ASSIGN_OR_RETURN(const RetentionView view, ask_retention(from, ""));
  if (json)
    std::printf("%s\n", view.json.c_str());
  else
    words(view);
  return {};
}

void print_policy(const RetentionView& view) {
  std::printf("%s keeps its records for %s\n", visible(view.origin).c_str(),
              span_text(view, view.period).c_str());
  std::printf("%s; notice %s, wait %s\n",
              view.policy ? "by its policy" : "as every log without a policy record does",
              span_text(view, view.notice).c_str(), span_text(view, view.wait).c_str());
  if (view.mode() == format::Mode::kDraft)
    std::printf("it is a draft log, for trying, and never becomes locked\n");
  if (!view.reading.empty()) std::printf("its clock says %s\n", visible(view.reading).c_str());
  print_approvers(view);
  print_time_sources(view);
  for (const HeldMonth& month : view.months) {
    const std::string records =
        month.end ? std::to_string(*month.end - month.first) + " records" : "the newest";
    std::printf("%s  %s, %s%s%s\n", visible(month.month).c_str(), records.c_str(),
                end_text(month).c_str(), month.holds.empty() ? "" : ", held by ",
                joined(month.holds).c_str());
  }
  print_dates("now", view);
}

void print_holds(const RetentionView& view) {
  for (const PlacedHold& hold : view.holds)
    std::printf("%s  %s, %s, record %llu\n", visible(hold.id).c_str(),
                hold.is_open ? "open" : "released", visible(hold.scope).c_str(),
                static_cast<unsigned long long>(hold.record));
  if (view.holds.empty()) std::printf("no hold was ever placed\n");
}

void print_difference(const RetentionView& now, const RetentionView& then, bool needs_approval,
                      const char* undo) {
  print_dates("now", now);
  print_dates("then", then);
  print_new_hold(then);
  if (needs_approval) print_approvers(now);
  std::printf("%s\n", undo);
}

}  // namespace varve::keys
