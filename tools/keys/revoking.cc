// A key that a thief let join stays when the stolen one leaves, so nothing is revoked before each
// of them is decided.
#include "tools/keys/revoking.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

#include "ledger/format/json.h"
#include "ledger/rules/admissions.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/open_keys.h"
#include "tools/keys/event_plan.h"
#include "tools/keys/log_history.h"

namespace varve::keys {
namespace {

using Keys = std::vector<format::VerifierKey>;

bool has(const Keys& keys, const format::VerifierKey& key) {
  return std::ranges::count(keys, key) != 0;
}

/// What is known, and what was decided so far.
struct Case {
  rules::KeyTimeline timeline;
  rules::StolenKey stolen;
  Keys kept;       // the signer of the revocation, and those that were named
  Keys condemned;  // revoked too
  bool condemns_the_rest = false;
};

struct Outcome {
  std::vector<AdmittedFate> fates;  // of all whose signatures count, in ledger order
  std::vector<rules::AdmittedKey> undecided;
  Keys revoked;  // the stolen key first, unless it is revoked that far already
  std::vector<LeafIndex> approvers;
  std::vector<LeafIndex> witness_keys;  // the one that signs now, or none
};

/// The record that named it; the last there is. Requires one.
LeafIndex newest_witness_key(const rules::KeyTimeline& timeline) {
  LeafIndex record;
  for (const rules::KeyEventAt& at : timeline.events())
    if (format::kind_of_key_event(at.note) == format::Kind::kWitnessKey) record = at.index;
  return record;
}

Outcome outcome_of(const Case& found) {
  const auto& history = found.timeline.history();
  const std::array stolen{found.stolen};
  const auto all = rules::admissions_by(stolen, found.timeline);
  const auto doubtful = rules::admissions_by(stolen, found.timeline, found.kept);
  Outcome outcome;
  outcome.approvers = doubtful.approvers;
  if (!doubtful.witness_keys.empty() &&
      doubtful.witness_keys.back() == newest_witness_key(found.timeline))
    outcome.witness_keys.push_back(doubtful.witness_keys.back());
  if (history.counts(found.stolen.key, TreeSize{found.stolen.last_size.value + 1}))
    outcome.revoked.push_back(found.stolen.key);
  for (const rules::AdmittedKey& admitted : all.keys) {
    if (!rules::still_counts(admitted, history)) continue;
    const bool is_doubtful = std::ranges::any_of(
        doubtful.keys, [&](const auto& other) { return other.key == admitted.key; });
    const bool kept = has(found.kept, admitted.key);
    if (!is_doubtful && !kept) continue;  // a key that is kept let it join
    const bool revoked = !kept && (found.condemns_the_rest || has(found.condemned, admitted.key));
    outcome.fates.push_back({format::format_vkey(admitted.key), admitted.joined,
                             kept      ? "kept"
                             : revoked ? "revoked"
                                       : "undecided"});
    if (revoked) outcome.revoked.push_back(admitted.key);
    if (!kept && !revoked) outcome.undecided.push_back(admitted);
  }
  return outcome;
}

/// A vkey, the id in its middle, or a URI on the token.
Result<format::VerifierKey> key_named(const std::string& name, hsm::Token& token,
                                      const rules::KeyHistory& history) {
  if (name.starts_with("pkcs11:")) return find_key(token, name, history.origin());
  for (const format::VerifierKey& key : history.all())
    if (format::format_vkey(key) == name || format::key_id_text(key) == name) return key;
  return invalid("--keep " + name + " names no key that the log has or had");
}

Result<void> add_kept(const RevokeArguments& arguments, hsm::Token& token, Case& found) {
  const auto all = rules::admissions_by(std::array{found.stolen}, found.timeline);
  for (const std::string& name : arguments.keep) {
    ASSIGN_OR_RETURN(auto key, key_named(name, token, found.timeline.history()));
    const bool joined_so =
        std::ranges::any_of(all.keys, [&](const auto& admitted) { return admitted.key == key; });
    if (!joined_so)
      return invalid("--keep " + name + ": that key did not join on the word of the one that is " +
                     "revoked, from record " + std::to_string(arguments.last_size) + " on");
    found.kept.push_back(std::move(key));
  }
  return {};
}

Result<verify::VerifiedKeys> known_history(const RevokeArguments& arguments) {
  const RetireArguments& leaving = arguments.leaving;
  ASSIGN_OR_RETURN(auto asked, ask_history(leaving.to, leaving.origin));
  if (asked) return *std::move(asked);
  if (!arguments.bundle.empty()) return read_history(arguments.bundle, leaving.origin);
  return invalid(
      "which keys joined on the word of this one, only the log's history says: give its newest "
      "trust bundle with --bundle FILE (varve-keys backup-public writes it)");
}

Result<Case> open_case(const RevokeArguments& arguments, const Leaving& leaving) {
  ASSIGN_OR_RETURN(auto history, known_history(arguments));
  Case found{std::move(history.timeline),
             {leaving.key, TreeSize{arguments.last_size}},
             {leaving.signer},
             {},
             arguments.revoke_admitted};
  if (!has(found.timeline.history().all(), leaving.key))
    return invalid(format::format_vkey(leaving.key) + " was never a key of this log");
  if (!arguments.leaving.to.server.empty())
    RETURN_IF_ERROR(may_be_sent(leaving.signer, found.timeline.history()));
  RETURN_IF_ERROR(add_kept(arguments, *leaving.token, found));
  return found;
}

Error undecided_error(const std::vector<rules::AdmittedKey>& undecided) {
  std::string message = "on the word of this key alone there joined ";
  for (const rules::AdmittedKey& admitted : undecided) {
    if (!message.ends_with("joined ")) message.append(", ");
    message.append(format::format_vkey(admitted.key)).append(" (record ");
    message.append(std::to_string(admitted.joined.value)).append(")");
  }
  return invalid(message +
                 "; nothing was done: name each that is in good hands with --keep VKEY, and "
                 "revoke all the others with --revoke-admitted");
}

/// Asks about one key, and again until the answer is one.
Result<void> ask_about(const rules::AdmittedKey& admitted, Case& found) {
  const std::string id = format::key_id_text(admitted.key);
  std::string answer;
  do {
    std::fprintf(stderr,
                 "%s joined in record %llu on the word of this key alone.\n"
                 "Type 'revoke %s' to revoke it too, or 'keep %s' if it is in good hands: ",
                 format::format_vkey(admitted.key).c_str(),
                 static_cast<unsigned long long>(admitted.joined.value), id.c_str(), id.c_str());
    if (!std::getline(std::cin, answer)) return undecided_error({admitted});
  } while (answer != "revoke " + id && answer != "keep " + id);
  (answer.starts_with("keep") ? found.kept : found.condemned).push_back(admitted.key);
  return {};
}

Result<Outcome> decide(Case& found) {
  for (;;) {
    Outcome outcome = outcome_of(found);
    if (outcome.undecided.empty()) return outcome;
    if (isatty(STDIN_FILENO) != 1) return undecided_error(outcome.undecided);
    RETURN_IF_ERROR(ask_about(outcome.undecided.front(), found));
  }
}

/// One event a key: into FILE, FILE.2 and so on where they are written to files.
Result<void> publish_all(const RevokeArguments& arguments, const Leaving& leaving,
                         const Keys& revoked) {
  std::size_t number = 0;
  for (const format::VerifierKey& key : revoked) {
    const format::KeyEvent event{format::KeyAction::kRevoke, arguments.leaving.origin, key,
                                 TreeSize{arguments.last_size}};
    PublishArguments to = arguments.leaving.to;
    if (++number > 1 && !to.out.empty()) to.out.append(".").append(std::to_string(number));
    RETURN_IF_ERROR(sign_and_publish(*leaving.token, event, std::array{leaving.signer}, to));
  }
  return {};
}

EventPlan plan_of(const RevokeArguments& arguments, const Leaving& leaving, const Outcome& outcome,
                  const rules::KeyHistory& history, const std::string& name) {
  EventPlan plan{"revoke",
                 format::format_vkey(leaving.key),
                 "",
                 format::format_vkey(leaving.signer),
                 arguments.leaving.to,
                 name};
  plan.admitted = outcome.fates;
  plan.approvers_named_in = outcome.approvers;
  plan.witness_keys_named_in = outcome.witness_keys;
  plan.witnesses = told_of_witnesses(leaving.key, history);
  if (outcome.revoked.empty()) {  // an earlier run did it all
    plan.to.out.clear();
    plan.to.server.clear();
  }
  return plan;
}

}  // namespace

Result<void> revoke(const RevokeArguments& arguments) {
  ASSIGN_OR_RETURN(const Leaving leaving, open_leaving(arguments.leaving));
  ASSIGN_OR_RETURN(Case found, open_case(arguments, leaving));
  ASSIGN_OR_RETURN(const std::string name, typed_name(arguments.leaving.key));
  const Confirmation& confirmation = arguments.leaving.confirmation;
  if (confirmation.dry_run) {
    print_plan(plan_of(arguments, leaving, outcome_of(found), found.timeline.history(), name),
               arguments.leaving.json);
    return {};
  }
  ASSIGN_OR_RETURN(const Outcome outcome, decide(found));
  const EventPlan plan = plan_of(arguments, leaving, outcome, found.timeline.history(), name);
  RETURN_IF_ERROR(confirm_plan(confirmation, plan));
  RETURN_IF_ERROR(publish_all(arguments, leaving, outcome.revoked));
  print_done(plan, arguments.leaving.json);
  return {};
}

}  // namespace varve::keys
