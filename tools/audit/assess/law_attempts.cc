// What is signed here is signed by the log's own key: an operator who wants to shorten can do that much.
#include "ledger/format/hold.h"
#include "ledger/format/note.h"
#include "ledger/merkle/tree.h"
#include "tools/audit/assess/calendar.h"
#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/notes.h"

namespace varve::audit::assess {
namespace {

constexpr const char* kOtherOrigin = "another.example/log";

const std::vector<Clause> kKept = {Clause::kSixYears, Clause::kAuditTrail, Clause::kRetrievable,
                                   Clause::kTimeStampedTrail};

Attempt against_the_law(std::string_view name, std::string what, std::vector<std::string> says,
                        std::function<Result<Answered>(Site&)> act) {
  return {name,
          std::move(what),
          kKept,
          {Wanted::kRefused, {409, 422}, std::move(says)},
          std::move(act)};
}

format::Policy next_policy(const Calendar& now) {
  format::Policy next = now.policy;
  next.number += 1;
  next.previous = now.policy_leaf;
  return next;
}

Result<Answered> send_signed(Site& site, const std::string& text) {
  ASSIGN_OR_RETURN(const std::string note, signed_note(site, text, {Signer::kLog}));
  return post_note(site, Who::kOperator, note);
}

Result<Answered> shorten(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  format::Policy next = next_policy(now);
  next.period -= 1;
  if (!format::check_policy(next)) return not_found("the period is the shortest that there is");
  return send_signed(site, format::policy_text(next));
}

Result<Answered> change_mode(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  format::Policy next = next_policy(now);
  const bool was_draft = now.mode == format::Mode::kDraft;
  next.mode = was_draft ? format::Mode::kLocked : format::Mode::kDraft;
  next.period = was_draft ? format::kSixYearsDays : 5;
  next.notice = was_draft ? format::kNoticeMinDays : 1;
  next.wait = was_draft ? format::kWaitMinDays : 1;
  next.key_period_minutes = was_draft ? 0 : 1;
  return send_signed(site, format::policy_text(next));
}

/// As it lies in the log, with the signature that it had.
Result<Answered> replay(Site& site) {
  ASSIGN_OR_RETURN(const std::string note,
                   fetch(site, Who::kReader, site.path("/events/1/payload")));
  return post_note(site, Who::kOperator, note);
}

Result<Answered> other_policy(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  format::Policy next = next_policy(now);
  next.origin = kOtherOrigin;
  ASSIGN_OR_RETURN(next.key,
                   format::make_verifier_key(kOtherOrigin, next.key.algorithm, next.key.key));
  return send_signed(site, format::policy_text(next));
}

Result<Answered> other_hold(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  const std::string text = format::hold_text_text(
      {kOtherOrigin, "assess-other", {}, "assess", "of another log", "nobody"});
  format::Hold hold{kOtherOrigin, format::HoldAction::kPlace, "assess-other"};
  hold.text = merkle::sha256(bytes_of(text));
  ASSIGN_OR_RETURN(const std::string note,
                   signed_note(site, format::hold_note_text(hold, now.mode), {Signer::kLog}));
  return post_note(site, Who::kOperator, note, text);
}

Result<Answered> other_release(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  const format::Hold release{kOtherOrigin, format::HoldAction::kRelease, "assess-other"};
  return send_signed(site, format::hold_note_text(release, now.mode));
}

Result<Answered> other_notice(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  const format::Notice notice{kOtherOrigin, now.policy_leaf, {now.months.back().range}};
  return post_note(site, Who::kOperator, format::notice_text(notice, now.mode));
}

Result<Answered> early_notice(Site& site) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  const format::Notice notice{site.log.origin, now.policy_leaf, {now.months.back().range}};
  return post_note(site, Who::kOperator, format::notice_text(notice, now.mode));
}

/// Of the month that runs, up to its newest record.
Result<Answered> dispose_of_running(Site& site, bool by_policy) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  format::Disposal disposal{site.log.origin, now.policy_leaf, {}, {now.months.back().range}, {},
                            by_policy};
  ASSIGN_OR_RETURN(disposal.root, root_of_first(site, disposal.months.front().end));
  return send_signed(site, format::disposal_text(disposal, now.mode));
}

Result<Answered> early_disposal(Site& site) {
  return dispose_of_running(site, false);
}

/// Anybody can claim that the policy lets the server dispose of by itself.
Result<Answered> disposal_by_policy(Site& site) {
  return dispose_of_running(site, true);
}

}  // namespace

Group law_group() {
  return {
      "What the law of the log refuses",
      {
          against_the_law("shorten-policy", "Set a shorter period, signed by the log's key alone.",
                          {"R13: ", "R15: "}, shorten),
          against_the_law("change-mode", "Make a draft of a locked log, or the reverse.", {"R12: "},
                          change_mode),
          against_the_law("replay-policy", "Send the log's first policy once more.", {"R11: "},
                          replay),
          against_the_law("policy-of-another-log", "Send a policy of another log.",
                          {"of another log"}, other_policy),
          against_the_law("hold-of-another-log", "Place a hold of another log.", {"of another log"},
                          other_hold),
          against_the_law("release-of-another-log", "Release a hold of another log.",
                          {"of another log"}, other_release),
          against_the_law("notice-of-another-log", "Give the notice of another log.",
                          {"of another log"}, other_notice),
          against_the_law("notice-too-early", "Give notice of the month that runs.",
                          {"R21: ", "R23: "}, early_notice),
          against_the_law("disposal-too-early", "Dispose of the month that runs.",
                          {"R21: ", "R23: ", "holds records of another month"}, early_disposal),
          against_the_law("disposal-by-claim",
                          "Dispose of the month that runs, as if the policy were automatic.",
                          {"by policy has no signatures"}, disposal_by_policy),
      },
  };
}

}  // namespace varve::audit::assess
