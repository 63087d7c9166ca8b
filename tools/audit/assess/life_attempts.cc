// In the order in which they have to be made: each takes what the ones before it left. Whoever reads the report
// sees a month from its first event to its end, and on the way what nobody may do.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/format/hold.h"
#include "ledger/merkle/tree.h"
#include "tools/audit/assess/calendar.h"
#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/notes.h"

namespace varve::audit::assess {
namespace {

constexpr const char* kHoldId = "assess-hold";
constexpr auto kLookEvery = std::chrono::seconds(1);

/// What the steps hand on.
struct Life {
  bool has_people = false;  // this run named two approvers
  std::uint32_t month = 0;  // the one that goes
  std::uint64_t event = 0;  // index of a record of it that goes
};
using SharedLife = std::shared_ptr<Life>;
using Step = Result<Answered> (*)(Site& site, Life& life);

Result<void> expect_people(const Life& life) {
  if (life.has_people) return {};
  return not_found("this run could not name approvers: each takes a draft log that names none");
}

/// Appends, so that the log's clock goes on, until `is_so`. Errors: kBusy  it is not so in time.
Result<Calendar> wait_until(const Site& site, const std::string& what,
                            const std::function<bool(const Calendar&)>& is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(site.patience_s);
  while (true) {
    RETURN_IF_ERROR(append(site, "time passes"));
    ASSIGN_OR_RETURN(Calendar now, ask_calendar(site));
    if (is_so(now)) return now;
    if (std::chrono::steady_clock::now() > end)
      return busy("within " + std::to_string(site.patience_s) + " s " + what +
                  ": give more time with --patience");
    std::this_thread::sleep_for(kLookEvery);
  }
}

bool is_in_state(const Calendar& now, std::uint32_t month, std::string_view state) {
  const CalendarMonth* const found = now.find(month);
  return found != nullptr && found->state == state;
}

Result<Calendar> calendar_with_month(const Site& site, const Life& life) {
  RETURN_IF_ERROR(expect_people(life));
  ASSIGN_OR_RETURN(Calendar now, ask_calendar(site));
  if (now.find(life.month) != nullptr) return now;
  return not_found("no month of this run is in the log");
}

// --- the steps

Result<Answered> name_approvers(Site& site, Life& life) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  if (site.key.empty())
    return not_found("the configuration names no key on a token: give one with --key");
  if (now.approvals_needed != 0)
    return not_found(
        "the log names approvers already, whose keys this run does not have: make "
        "another draft log");
  ASSIGN_OR_RETURN(life.event, append(site, "an event that will go"));
  ASSIGN_OR_RETURN(const Calendar with_event, ask_calendar(site));
  for (const CalendarMonth& month : with_event.months)
    if (month.range.first.value <= life.event) life.month = month.range.month;
  ASSIGN_OR_RETURN(const std::vector<std::string> vkeys, make_people(site));
  const std::string event = site.fresh("event");
  ASSIGN_OR_RETURN(const Variables variables,
                   tools::variables_of(site.config.hsm, site.config.further_hsms));
  Words words = {"ceremony", "--key", site.key, "--approvals", "2", "--out", event};
  for (const std::string& vkey : vkeys) {
    words.emplace_back("--approver");
    words.push_back(vkey);
  }
  RETURN_IF_ERROR(must_run(site, keys_words(site, words), variables));
  RETURN_IF_ERROR(approve_file(site, {Signer::kAnn, Signer::kBob}, event));
  ASSIGN_OR_RETURN(Answered answered, run_with(site, keys_words(site, {"send", event}), variables));
  life.has_people = answered.code == 0;
  return answered;
}

Result<Answered> place_hold(Site& site, Life& life) {
  RETURN_IF_ERROR(expect_people(life));
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  const std::string text = format::hold_text_text(
      {site.log.origin, kHoldId, merkle::sha256(bytes_of(site.scratch)), "an assessment",
       "shows that a hold keeps what it covers", "whoever assesses"});
  format::Hold hold{site.log.origin, format::HoldAction::kPlace, kHoldId};
  hold.text = merkle::sha256(bytes_of(text));
  ASSIGN_OR_RETURN(const std::string note,
                   signed_note(site, format::hold_note_text(hold, now.mode), {Signer::kLog}));
  return post_note(site, Who::kOperator, note, text);
}

Result<Answered> release(Site& site, const std::vector<Signer>& signers) {
  ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
  format::Hold release{site.log.origin, format::HoldAction::kRelease, kHoldId};
  ASSIGN_OR_RETURN(release.placed, leaf_of_hold(site, kHoldId));
  ASSIGN_OR_RETURN(const std::string note,
                   signed_note(site, format::hold_note_text(release, now.mode), signers));
  return post_note(site, Who::kOperator, note);
}

Result<Answered> release_by_one(Site& site, Life& life) {
  RETURN_IF_ERROR(expect_people(life));
  return release(site, {Signer::kAnn, Signer::kLog});
}

/// A hold keeps a month from being due; its age is what is waited for.
Result<Answered> notice_under_hold(Site& site, Life& life) {
  RETURN_IF_ERROR(expect_people(life));
  format::Notice notice{site.log.origin, {}, {}};
  Answered answered;
  const auto is_old = [&](const Calendar& now) {
    const CalendarMonth* const month = now.find(life.month);
    if (month == nullptr || !month->is_over) return false;
    notice.policy = now.policy_leaf;
    notice.months = {month->range};
    auto asked = post_note(site, Who::kOperator, format::notice_text(notice, now.mode));
    if (!asked) return false;
    answered = std::move(*asked);
    return answered.text.find("R23: ") == std::string::npos;
  };
  RETURN_IF_ERROR(wait_until(site, "the month did not become old enough", is_old));
  return answered;
}

Result<Answered> release_by_two(Site& site, Life& life) {
  RETURN_IF_ERROR(expect_people(life));
  Answered answered;
  RETURN_IF_ERROR(wait_until(site, "the approvers did not count", [&](const Calendar&) {
    auto asked = release(site, {Signer::kAnn, Signer::kBob});
    if (!asked) return false;
    answered = std::move(*asked);
    return answered.text.find("R19: ") == std::string::npos;
  }));
  return answered;
}

/// A disposal of the month, of the notice that the server names.
Result<format::Disposal> disposal_of(const Site& site, const Life& life, const Calendar& now) {
  const CalendarMonth& month = *now.find(life.month);
  ASSIGN_OR_RETURN(const Hash root, root_of_first(site, month.range.end));
  return format::Disposal{
      site.log.origin, now.policy_leaf, month.notice_leaf, {month.range}, root, false};
}

Result<Answered> dispose(Site& site, const Life& life, const std::vector<Signer>& signers) {
  ASSIGN_OR_RETURN(const Calendar now, calendar_with_month(site, life));
  ASSIGN_OR_RETURN(const format::Disposal disposal, disposal_of(site, life, now));
  ASSIGN_OR_RETURN(const std::string note,
                   signed_note(site, format::disposal_text(disposal, now.mode), signers));
  return post_note(site, Who::kOperator, note);
}

Result<Answered> dispose_by_two(Site& site, Life& life) {
  return dispose(site, life, {Signer::kAnn, Signer::kBob});
}

Result<Answered> dispose_by_one(Site& site, Life& life) {
  RETURN_IF_ERROR(expect_people(life));
  RETURN_IF_ERROR(wait_until(site, "the notice did not become old enough", [&](const Calendar&) {
    const auto asked = dispose(site, life, {Signer::kLog});
    return asked && asked->text.find("R26: ") == std::string::npos;
  }));
  return dispose(site, life, {Signer::kAnn, Signer::kLog});
}

Result<Answered> dispose_by_log(Site& site, Life& life) {
  return dispose(site, life, {Signer::kLog});
}

/// Two signed one text; their signatures stand under another.
Result<Answered> dispose_of_other_months(Site& site, Life& life) {
  ASSIGN_OR_RETURN(const Calendar now, calendar_with_month(site, life));
  ASSIGN_OR_RETURN(format::Disposal disposal, disposal_of(site, life, now));
  const std::string sent = format::disposal_text(disposal, now.mode);
  disposal.months.front().end.value -= 1;
  const std::string approved = format::disposal_text(disposal, now.mode);
  ASSIGN_OR_RETURN(std::string note, signed_note(site, approved, {Signer::kAnn, Signer::kBob}));
  note.replace(0, approved.size(), sent);
  return post_note(site, Who::kOperator, note);
}

Result<Answered> give_notice(Site& site, Life& life) {
  ASSIGN_OR_RETURN(const Calendar now, calendar_with_month(site, life));
  const format::Notice notice{site.log.origin, now.policy_leaf, {now.find(life.month)->range}};
  return post_note(site, Who::kOperator, format::notice_text(notice, now.mode));
}

Result<Answered> read_what_went(Site& site, Life& life) {
  ASSIGN_OR_RETURN(const Calendar before, calendar_with_month(site, life));
  if (before.find(life.month)->keys.empty()) return not_found("the month was not disposed of");
  RETURN_IF_ERROR(wait_until(site, "the keys were not destroyed", [&](const Calendar& now) {
    return is_in_state(now, life.month, "destroyed");
  }));
  return ask(site, Who::kReader,
             {"GET", site.path("/events/" + std::to_string(life.event)), "", ""});
}

const std::vector<Clause> kPeople = {Clause::kAuthorityChecks, Clause::kAuditTrail,
                                     Clause::kTimeStampedTrail};

Attempt step(const SharedLife& life, std::string_view name, std::string what, Expected expected,
             Step act) {
  return {name, std::move(what), kPeople, std::move(expected),
          [life, act](Site& site) { return act(site, *life); }};
}

Expected refused_by(std::vector<std::string> says) {
  return {Wanted::kRefused, {409, 422}, std::move(says)};
}

Expected taken() {
  return {Wanted::kDone, {201}, {}};
}

}  // namespace

Group life_group() {
  const auto life = std::make_shared<Life>();
  return {
      "A month from its first event to what remains",
      {
          step(life, "name-approvers", "Name two approvers, whose keys this run made.",
               {Wanted::kDone, {0}, {}}, name_approvers),
          step(life, "place-hold", "Place a hold on everything, signed by the log's key.", taken(),
               place_hold),
          step(life, "release-by-one", "Release the hold with one approver and the log's key.",
               refused_by({"R19: "}), release_by_one),
          step(life, "notice-under-hold",
               "Give notice of a month that is old enough, and under the hold.",
               refused_by({"R24: "}), notice_under_hold),
          who_was_refused_attempt(),
          step(life, "release-by-two", "Release the hold with both approvers.", taken(),
               release_by_two),
          step(life, "disposal-without-notice",
               "Dispose of the month with approvals, and no notice.", refused_by({"R26: "}),
               dispose_by_two),
          step(life, "give-notice", "Give notice of the month.", taken(), give_notice),
          step(life, "disposal-with-young-notice",
               "Dispose of the month before the notice is old enough.", refused_by({"R26: "}),
               dispose_by_two),
          step(life, "disposal-by-one", "Dispose of the month with one approver and the log's key.",
               refused_by({"R28: "}), dispose_by_one),
          step(life, "disposal-without-approvals", "Dispose of the month with the log's key alone.",
               refused_by({"R28: "}), dispose_by_log),
          step(life, "disposal-approved-for-others",
               "Dispose of the month with approvals over other records.", refused_by({"ignature"}),
               dispose_of_other_months),
          step(life, "lawful-disposal", "Dispose of the month: old, noticed, approved by both.",
               taken(), dispose_by_two),
          step(life, "read-what-went", "Read an event of the month that went.",
               {Wanted::kRefused, {410}, {}}, read_what_went),
          step(life, "dispose-again", "Dispose of the month once more.", refused_by({"R22: "}),
               dispose_by_two),
      },
  };
}

}  // namespace varve::audit::assess
