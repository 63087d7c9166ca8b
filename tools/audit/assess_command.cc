// varve-audit assess: tries on a draft log what a log must refuse, and reports how it ended.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "ledger/base/month.h"
#include "ledger/base/visible.h"
#include "ledger/env/posix.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/assess/calendar.h"
#include "tools/audit/assess/child.h"
#include "tools/audit/assess/judge.h"
#include "tools/audit/assess/run.h"
#include "tools/audit/commands.h"
#include "tools/common/files.h"
#include "tools/common/version.h"

namespace varve::audit {
namespace {

namespace fs = std::filesystem;

/// The directory of the scratch files, which go with it.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  /// The server of the log that was made in it has made sealed segments immutable, where it may.
  ~Scratch() {
    constexpr std::uint32_t kPatienceMs = 60'000;
    const auto unlocked = assess::run_child({"chattr", "-R", "-f", "-i", path_}, {},
                                            path_ + "/chattr-said", kPatienceMs);
    std::error_code failed;
    fs::remove_all(path_, failed);
    if (!unlocked || failed)
      std::fprintf(stderr, "varve-audit: remove %s by hand\n", visible(path_).c_str());
  }

 private:
  std::string path_;
};

Result<void> make_directories(const std::string& report, const std::string& scratch) {
  constexpr mode_t kOwnerAlone = 0700;
  for (const std::string& each : {report, scratch}) {
    if (::mkdir(each.c_str(), kOwnerAlone) == 0) continue;
    if (errno == EEXIST) return invalid(each + " is there already: name a directory that is not");
    return io_error("cannot make " + each + ": " + std::generic_category().message(errno));
  }
  return {};
}

/// What stays of a run cannot be taken back, so it is done to a draft alone.
Result<void> expect_draft(const assess::Calendar& calendar, const assess::Site& site) {
  if (calendar.mode == format::Mode::kDraft) return {};
  return invalid("the log " + site.log.origin +
                 " is locked, and what assess appends would stay in it: make a draft log for it");
}

std::string plan(const assess::Site& site, const std::vector<assess::Group>& groups) {
  std::string text =
      "assess tries this on the log " + site.log.origin + " of " + site.server + ":\n";
  for (const assess::Group& group : groups) {
    text += "\n" + group.heading + "\n";
    for (const assess::Attempt& attempt : group.attempts)
      text += "  " + attempt.what + " Must be " +
              std::string(assess::wanted_text(attempt.expected.wanted)) + ".\n";
  }
  return text +
         "\nThe log keeps the events, the approvers, the hold and the notice of it, and one of its "
         "months is\ndisposed of. Files are altered in copies alone. The copies lie in " +
         site.scratch + ":\nremove it when this run is killed.\n";
}

Result<void> expect_yes(const Request& request, const assess::Site& site) {
  if (request.yes == site.log.origin) return {};
  return invalid("nothing was done: if that is what you want, give --yes " + site.log.origin);
}

void show(const assess::Outcome& outcome) {
  std::fprintf(stderr, "%-12s  %s%s%s\n",
               std::string(assess::verdict_text(outcome.verdict)).c_str(), outcome.name.c_str(),
               outcome.why.empty() ? "" : ": ", visible(outcome.why).c_str());
}

Result<assess::Site> site_of(const Request& request) {
  ASSIGN_OR_RETURN(assess::Site site, assess::find_site({request.config, request.log}));
  site.vkey = request.vkey;
  if (!request.key.empty()) site.key = request.key;
  site.appender_file = request.appender_file;
  site.patience_s = request.patience_minutes * 60;
  std::error_code failed;  // of the directory that this program runs in
  const fs::path report = fs::absolute(request.out_file, failed).lexically_normal();
  if (failed) return io_error("cannot find the path of " + request.out_file);
  site.scratch = report / "scratch";
  return site;
}

Answer answer_of(const assess::Counts& counts, const std::string& directory) {
  const std::string figures = std::to_string(counts.held) + " held, " +
                              std::to_string(counts.did_not_hold) + " did not hold, " +
                              std::to_string(counts.not_tried) + " not tried";
  return {assess::exit_of(counts), figures + ": " + directory + "/report.md",
          AnswerJson()
              .add("held", counts.held)
              .add("did_not_hold", counts.did_not_hold)
              .add("not_tried", counts.not_tried)
              .add("report", directory + "/report.json")
              .take()};
}

}  // namespace

Result<Answer> run_assess(const Request& request) {
  ASSIGN_OR_RETURN(assess::Site site, site_of(request));
  ASSIGN_OR_RETURN(const assess::Calendar calendar, assess::ask_calendar(site));
  RETURN_IF_ERROR(expect_draft(calendar, site));
  const std::vector<assess::Group> groups = assess::all_groups();
  std::fputs(visible_lines(plan(site, groups)).c_str(), stderr);
  RETURN_IF_ERROR(expect_yes(request, site));
  const std::string directory = fs::path(site.scratch).parent_path();
  RETURN_IF_ERROR(make_directories(directory, site.scratch));
  const Scratch scratch(site.scratch);
  assess::Report report{
      site.log.origin, "draft", time_text(env::posix_clock().now_us()), "", "", {}};
  report.version = tools::version_line("varve-audit");
  report.groups = assess::try_all(site, groups, show);
  report.ended = time_text(env::posix_clock().now_us());
  RETURN_IF_ERROR(
      tools::replace_file(directory + "/report.md", bytes_of(assess::markdown(report))));
  RETURN_IF_ERROR(tools::replace_file(directory + "/report.json", bytes_of(assess::json(report))));
  return answer_of(assess::count(report.all()), directory);
}

}  // namespace varve::audit
