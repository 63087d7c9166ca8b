// The steps of operator and approvers, each at its time.
#include "tools/bench/due_month.h"

#include "ledger/base/key_period.h"
#include "ledger/format/control.h"
#include "ledger/format/disposal.h"
#include "ledger/format/json.h"
#include "ledger/merkle/checked.h"
#include "tools/bench/loader.h"
#include "tools/bench/past_log.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kToNextMonth = 32;  // days; no month is as long
constexpr unsigned kNoticeAge = 1 + format::kNoticeMinDays;

/// The files of all segments that there are.
DueMonth month_of_files(const std::string& segments) {
  DueMonth month;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(segments, failed)) {
    month.files.push_back(entry.path());
    month.megabytes += static_cast<double>(entry.file_size(failed)) / 1e6;
  }
  return month;
}

Result<std::vector<format::VerifierKey>> make_approvers(hsm::Token& token) {
  std::vector<format::VerifierKey> keys;
  for (const char* name : {"ann", "bob"}) {
    ASSIGN_OR_RETURN(const hsm::PublicKey key,
                     token.create_key_pair(format::Algorithm::kEd25519, name));
    ASSIGN_OR_RETURN(keys.emplace_back(), format::make_verifier_key(name, key.algorithm, key.key));
  }
  return keys;
}

Result<void> append_note(Log& log, format::Kind kind, const std::string& note) {
  return append_and_wait([&](AppendDone done) { log.append_control(kind, note, std::move(done)); });
}

Result<void> name_approvers(Log& log, const LogOptions& options, hsm::Token& token,
                            const std::vector<format::VerifierKey>& approvers) {
  format::KeyEvent event{format::KeyAction::kApprovers, options.origin, options.first_key, {}, {}};
  event.approvals = static_cast<std::uint32_t>(approvers.size());
  event.approvers = approvers;
  std::vector<format::VerifierKey> signers = approvers;
  signers.push_back(options.first_key);
  ASSIGN_OR_RETURN(const std::string note,
                   signed_by(token, format::key_event_text(event), signers));
  return append_note(log, format::Kind::kKeyEvent, note);
}

Result<void> give_notice(Log& log, const LogOptions& options) {
  const LedgerView view = log.view();
  const auto range = view.retention->range_of(view.retention->months().front());
  if (!range) return invalid("the month that is to be disposed of is not over");
  const format::Notice notice{options.origin, view.retention->policy_place()->leaf, {*range}};
  return append_note(log, format::Kind::kNotice,
                     format::notice_text(notice, format::Mode::kLocked));
}

/// Of what the notice names, as a request to the server.
Result<std::string> disposal_request(const Log& log, const LogOptions& options, hsm::Token& token,
                                     const std::vector<format::VerifierKey>& approvers) {
  const LedgerView view = log.view();
  const auto& notice = view.retention->notices().back();
  const merkle::SignedTree tree{view.newest->checkpoint.size, view.newest->checkpoint.root};
  format::Disposal disposal{options.origin, notice.policy, notice.place.leaf, notice.months, {},
                            false};
  ASSIGN_OR_RETURN(disposal.root,
                   merkle::checked_root(size_before(notice.months.back().end), tree, log));
  ASSIGN_OR_RETURN(
      const std::string note,
      signed_by(token, format::disposal_text(disposal, format::Mode::kLocked), approvers));
  return post_request("/retention", "application/json",
                      "{\"note\":" + format::json_quoted(note) + "}");
}

/// A log with the records, which are all of one month.
Result<DueMonth> load_month(const Site& site, const LogOptions& options, DayClock& clock,
                            hsm::Token& token, std::uint64_t leaves, std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const PastLog past, open_past(site, 0, options, clock, token));
  RETURN_IF_ERROR(load_into(site, *past.log, leaves, event_bytes));
  const std::uint32_t number = past.log->view().retention->months().front().month;
  const bool is_one_month = past.log->view().retention->months().size() == 1;
  past.log->stop();
  if (!is_one_month) return invalid("a month ended while its records were appended: run it again");
  DueMonth month = month_of_files(site.path("data/main/segments"));
  month.key = options.kek_prefix + "/" + key_period_name({number, 0});
  return month;
}

/// Up to today: people are named, and that month gets a notice once it is old enough. The disposal, as a request.
Result<std::string> age_month(const Site& site, const LogOptions& options, DayClock& clock,
                              hsm::Token& token) {
  ASSIGN_OR_RETURN(const PastLog past, open_past(site, 0, options, clock, token));
  clock.pass(kToNextMonth);
  ASSIGN_OR_RETURN(const auto approvers, make_approvers(token));
  RETURN_IF_ERROR(name_approvers(*past.log, options, token, approvers));
  clock.pass(kToNextMonth);
  RETURN_IF_ERROR(append_events(*past.log, {"{}"}));
  RETURN_IF_ERROR(give_notice(*past.log, options));
  clock.pass(kNoticeAge);
  RETURN_IF_ERROR(append_events(*past.log, {"{}"}));
  ASSIGN_OR_RETURN(std::string request, disposal_request(*past.log, options, token, approvers));
  past.log->stop();
  return request;
}

}  // namespace

Result<DueMonth> make_due_month(const Site& site, std::uint64_t leaves, std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const auto token, open_token(site));
  ASSIGN_OR_RETURN(LogOptions options, options_of(*token, 0));
  options.first_policy.period = format::kPeriodMinDays;
  DayClock clock(2 * kToNextMonth + kNoticeAge);
  ASSIGN_OR_RETURN(DueMonth month, load_month(site, options, clock, *token, leaves, event_bytes));
  ASSIGN_OR_RETURN(month.request, age_month(site, options, clock, *token));
  return month;
}

}  // namespace varve::bench
