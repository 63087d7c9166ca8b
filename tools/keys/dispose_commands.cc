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

struct Chosen {
  std::vector<format::MonthRange> months;  // as many as one record names
  std::size_t left = 0;                    // how many more there are
};

/// The months up to `until` that are over, that are there, that nobody holds, and of which `takes` holds.
Result<Chosen> chosen(const RetentionView& view, const std::string& until,
                      const std::function<bool(const HeldMonth& month)>& takes) {
  ASSIGN_OR_RETURN(const std::uint32_t last, format::parse_key_period(until, view.mode()));
  Chosen out;
  for (const HeldMonth& month : view.months) {
    ASSIGN_OR_RETURN(const std::uint32_t number,
                     format::parse_key_period(month.month, view.mode()));
    const bool is_left = month.end && !month.is_disposed_of && month.holds.empty();
    if (number > last || !is_left || !takes(month)) continue;
    if (out.months.size() == format::kMonthsPerActMax)
      ++out.left;
    else
      out.months.push_back({number, LeafIndex{month.first}, LeafIndex{*month.end}});
  }
  return out;
}

/// Those without a notice that are due once the log's clock says `reading`. Times are of one form: the order
/// of their texts is theirs.
Result<Chosen> due_at(const RetentionView& view, const std::string& until,
                      const std::string& reading) {
  return chosen(view, until,
                [&](const HeldMonth& month) { return !month.notice && month.due <= reading; });
}

std::string notice_of(const RetentionView& view, const Chosen& months) {
  return format::notice_text({view.origin, view.policy_leaf, months.months}, view.mode());
}

void tell_left(const Chosen& months) {
  if (months.left == 0) return;
  std::fprintf(
      stderr,
      "varve-keys: a record names %zu months at most, and %zu are left: repeat the command\n",
      format::kMonthsPerActMax, months.left);
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
  // The log's clock goes on when the notice comes, up to the host's, and judges it.
  const std::string at_most = std::max(now.reading, time_text(env::posix_clock().now_us()));
  ASSIGN_OR_RETURN(Chosen due, due_at(now, arguments.until, at_most));
  if (due.months.empty())
    return not_found("no month up to " + arguments.until +
                     " is due, without a hold, and not noticed yet: see policy show");
  std::string text = notice_of(now, due);
  if (arguments.dry_run) {
    if (arguments.json)
      print_value(true, "would_notice", text);
    else
      print_months("would give notice of", now, due.months);
    tell_left(due);
    return {};
  }
  auto sent = publish_retention(arguments.server, text, "");
  // After a stop the log's clock is behind the host's: then what is due by its newest reading has to do.
  if (!sent && sent.error().message.find("R23: ") != std::string::npos) {
    ASSIGN_OR_RETURN(const RetentionView again, ask_retention(arguments.server, "", now.origin));
    ASSIGN_OR_RETURN(due, due_at(again, arguments.until, again.reading));
    if (due.months.empty()) return sent;
    text = notice_of(again, due);
    sent = publish_retention(arguments.server, text, "");
  }
  RETURN_IF_ERROR(sent);
  tell_left(due);
  print_value(arguments.json, "noticed", text);
  return {};
}

Result<void> write_disposal(const WriteDisposalArguments& arguments) {
  ASSIGN_OR_RETURN(const RetentionView now, ask_retention(arguments.server, ""));
  RETURN_IF_ERROR(expect_policy(now));
  ASSIGN_OR_RETURN(const auto noticed, chosen(now, arguments.until, [](const HeldMonth& month) {
                     return month.notice.has_value();
                   }));
  if (noticed.months.empty())
    return not_found("no month up to " + arguments.until +
                     " has a notice: give one with dispose notice, and see policy show");
  format::Disposal disposal{
      now.origin, now.policy_leaf, *month_of(now, noticed.months.front()).notice, {}, {}, false};
  for (const format::MonthRange& range : noticed.months)  // a disposal is of one notice
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
