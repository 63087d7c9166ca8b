// What the server says is composed; whether it may go is judged by the log, at the disposal's place in it.
#include "tools/keys/dispose_commands.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "ledger/base/month.h"
#include "ledger/base/visible.h"
#include "ledger/env/posix.h"
#include "ledger/format/disposal.h"
#include "tools/common/files.h"
#include "tools/keys/key_printing.h"
#include "tools/keys/retention_view.h"

namespace varve::keys {
namespace {

/// Errors: kInvalid  the log has no policy record, so nothing can name the one in force.
Result<void> expect_policy(const RetentionView& view) {
  if (view.policy) return {};
  return invalid(
      "the log has no policy record: write down what it counts as with policy set first");
}

/// The months up to `until` that are over, that are there, that nobody holds, and of which `takes` holds.
Result<std::vector<format::MonthRange>> chosen(
    const RetentionView& view, const std::string& until,
    const std::function<bool(const HeldMonth& month)>& takes) {
  ASSIGN_OR_RETURN(const std::uint32_t last, format::parse_key_period(until, view.mode()));
  std::vector<format::MonthRange> months;
  for (const HeldMonth& month : view.months) {
    ASSIGN_OR_RETURN(const std::uint32_t number,
                     format::parse_key_period(month.month, view.mode()));
    const bool is_left = month.end && !month.is_disposed_of && month.holds.empty();
    if (number <= last && is_left && takes(month) && months.size() < format::kMonthsPerActMax)
      months.push_back({number, LeafIndex{month.first}, LeafIndex{*month.end}});
  }
  return months;
}

const HeldMonth& month_of(const RetentionView& view, const format::MonthRange& range) {
  const auto found = std::ranges::find(view.months, range.first.value, &HeldMonth::first);
  CHECK(found != view.months.end());
  return *found;
}

void print_months(const char* what, const RetentionView& view,
                  const std::vector<format::MonthRange>& months) {
  for (const format::MonthRange& range : months) {
    const HeldMonth& month = month_of(view, range);
    std::printf("%s %s: %llu records, not before %s\n", what, visible(month.month).c_str(),
                static_cast<unsigned long long>(range.end.value - range.first.value),
                visible(month.notice ? month.goes : month.due).c_str());
  }
}

}  // namespace

Result<void> give_notice(const GiveNoticeArguments& arguments) {
  ASSIGN_OR_RETURN(const RetentionView now, ask_retention(arguments.server, ""));
  RETURN_IF_ERROR(expect_policy(now));
  // The log's clock goes on when the notice comes, and judges it. Times are of one form: the order of
  // their texts is theirs.
  const std::string at_most = std::max(now.reading, time_text(env::posix_clock().now_us()));
  ASSIGN_OR_RETURN(auto months, chosen(now, arguments.until, [&](const HeldMonth& month) {
                     return !month.notice && month.due <= at_most;
                   }));
  if (months.empty())
    return not_found("no month up to " + arguments.until +
                     " is due, without a hold, and not noticed yet: see policy show");
  const format::Notice notice{now.origin, now.policy_leaf, std::move(months)};
  const std::string text = format::notice_text(notice, now.mode());
  if (arguments.dry_run) {
    if (arguments.json)
      print_value(true, "would_notice", text);
    else
      print_months("would give notice of", now, notice.months);
    return {};
  }
  RETURN_IF_ERROR(publish_retention(arguments.server, text, ""));
  print_value(arguments.json, "noticed", text);
  return {};
}

Result<void> write_disposal(const WriteDisposalArguments& arguments) {
  ASSIGN_OR_RETURN(const RetentionView now, ask_retention(arguments.server, ""));
  RETURN_IF_ERROR(expect_policy(now));
  ASSIGN_OR_RETURN(const auto noticed, chosen(now, arguments.until, [](const HeldMonth& month) {
                     return month.notice.has_value();
                   }));
  if (noticed.empty())
    return not_found("no month up to " + arguments.until +
                     " has a notice: give one with dispose notice, and see policy show");
  format::Disposal disposal{
      now.origin, now.policy_leaf, *month_of(now, noticed.front()).notice, {}, {}, false};
  for (const format::MonthRange& range : noticed)  // a disposal is of one notice
    if (month_of(now, range).notice == disposal.notice) disposal.months.push_back(range);
  disposal.root = month_of(now, disposal.months.back()).root;
  const std::string text = format::disposal_text(disposal, now.mode());
  if (arguments.dry_run) {
    if (arguments.json)
      print_value(true, "would_dispose", text);
    else
      print_months("would dispose of", now, disposal.months);
    return {};
  }
  if (arguments.out.empty()) return invalid("nowhere to put the disposal: give --out FILE");
  ASSIGN_OR_RETURN(const std::string note, signed_by(arguments.holder, text));
  RETURN_IF_ERROR(tools::replace_file(arguments.out, bytes_of(note)));
  print_value(arguments.json, "disposal", arguments.out);
  return {};
}

void DisposeCommandLine::add_to(CLI::App& app, Result<void>& outcome) {
  CLI::App& dispose =
      *app.add_subcommand("dispose", "let months go that are as old as the policy demands");
  dispose.require_subcommand(1);

  CLI::App& notice =
      *dispose.add_subcommand("notice", "announce it: nothing goes before the notice is old");
  reading_options(notice, notice_.server);
  notice
      .add_option("--until", notice_.until,
                  "the last month: 2026-11; in a draft log the number of a key period")
      ->required();
  dry_run_option(notice, notice_.dry_run);
  json_option(notice, notice_.json);
  calls(notice, notice_, &give_notice, outcome);

  CLI::App& write = *dispose.add_subcommand(
      "write", "write the disposal of what was announced: it needs approvals, then send it");
  holder_options(write, write_.holder);
  reading_options(write, write_.server);
  write
      .add_option("--until", write_.until,
                  "the last month: 2026-11; in a draft log the number of a key period")
      ->required();
  write.add_option("--out", write_.out, "write the disposal to this file");
  dry_run_option(write, write_.dry_run);
  json_option(write, write_.json);
  calls(write, write_, &write_disposal, outcome);
}

}  // namespace varve::keys
