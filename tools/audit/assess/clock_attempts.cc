// The clock of the log that is assessed is left alone: a log of six years is made in the scratch directory, on a
// token of its own, and its server is started again with its clock ten years ahead.
#include <csignal>
#include <filesystem>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "tools/audit/assess/calendar.h"
#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/notes.h"
#include "tools/audit/assess/second_server.h"

namespace varve::audit::assess {
namespace {

constexpr const char* kFakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
constexpr std::uint32_t kStopPatienceMs = 60'000;

/// A server of that log. Errors: kIo  it does not listen; as find_site.
struct Clocked {
  Site site;
  Serving serving;
};
Result<Clocked> start(Site& site, const std::string& directory, const Variables& variables) {
  ASSIGN_OR_RETURN(Serving serving, serve(site, directory + "/varved.toml", variables));
  if (serving.address.empty()) return io_error("its server ended: " + end_of(serving.output));
  ASSIGN_OR_RETURN(Site own, find_site({directory + "/varved.toml", ""}));
  own.server = "https://" + serving.address;
  own.appender_file = directory + "/credentials/append";
  return Clocked{std::move(own), std::move(serving)};
}

std::uint64_t year_of(const Calendar& calendar) {
  const auto year = decode_decimal(calendar.reading.substr(0, 4));
  return year ? *year : 0;
}

/// The log, with one event, and what its clock says.
Result<Calendar> make_log(Site& site, const std::string& directory) {
  ASSIGN_OR_RETURN(const Answered made,
                   run_with(site,
                            {program("varved"), "init", directory, "--origin",
                             "assess.invalid/clock", "--listen", "127.0.0.1:0"},
                            {}));
  if (made.code != 0) return io_error(made.command + " said: " + made.text);
  ASSIGN_OR_RETURN(Clocked clocked, start(site, directory, {}));
  RETURN_IF_ERROR(append(clocked.site, "another clock"));
  ASSIGN_OR_RETURN(Calendar calendar, ask_calendar(clocked.site));
  clocked.serving.child.send(SIGTERM);
  if (clocked.serving.child.wait(kStopPatienceMs) == 0) return calendar;
  return io_error("its server did not stop");
}

Result<Answered> go_ahead(Site& site) {
  std::error_code ignored;
  if (!std::filesystem::exists(kFakeTime, ignored))
    return not_found("this machine has no libfaketime (package faketime)");
  const std::string directory = site.scratch + "/clock";
  ASSIGN_OR_RETURN(const Calendar before, make_log(site, directory));
  const Variables ten_years = {
      {"LD_PRELOAD", kFakeTime}, {"FAKETIME", "+3653d"}, {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
  ASSIGN_OR_RETURN(Clocked clocked, start(site, directory, ten_years));
  RETURN_IF_ERROR(append(clocked.site, "another clock"));
  ASSIGN_OR_RETURN(const Calendar behind, ask_calendar(clocked.site));
  const format::Notice notice{
      clocked.site.log.origin, behind.policy_leaf, {behind.months.front().range}};
  ASSIGN_OR_RETURN(Answered answered, post_note(clocked.site, Who::kOperator,
                                                format::notice_text(notice, behind.mode)));
  answered.text = "the log's clock said " + before.reading +
                  ", and with the server's ten years ahead " + behind.reading +
                  "; a notice then: " + answered.text;
  if (year_of(behind) > year_of(before) + 1) answered.code = 200;  // it followed
  return answered;
}

}  // namespace

Group clock_group() {
  return {"Another clock",
          {{"clock-ahead",
            "Start a server with its clock ten years ahead, and give notice of its first month.",
            {Clause::kSixYears, Clause::kAuditTrail, Clause::kTimeStampedTrail},
            {Wanted::kRefused, {409, 422}, {"R21: ", "R23: "}},
            go_ahead}}};
}

}  // namespace varve::audit::assess
