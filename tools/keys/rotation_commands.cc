// rotate, witness-key and retire: each can be repeated until it has succeeded.
#include "tools/keys/rotation_commands.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "hsm/token_set.h"
#include "hsm/uri.h"
#include "ledger/verify/open_keys.h"
#include "tools/keys/attesting.h"
#include "tools/keys/event_plan.h"
#include "tools/keys/key_printing.h"
#include "tools/keys/log_history.h"

namespace varve::keys {
namespace {

/// The new key, when an earlier run made it.
Result<std::optional<format::VerifierKey>> find_new_key(hsm::Token& token,
                                                        const RotateArguments& arguments,
                                                        format::Algorithm algorithm) {
  auto found = find_key(token, hsm::object_uri(arguments.label), arguments.origin);
  if (!found && found.error().code == Code::kNotFound) return std::optional<format::VerifierKey>{};
  if (!found) return std::move(found).error();
  if (found->algorithm != algorithm)
    return invalid("the token holds a key '" + arguments.label +
                   "' of another algorithm: choose another label");
  return std::optional(std::move(*found));
}

Result<format::VerifierKey> create_new_key(hsm::Token& token, const RotateArguments& arguments,
                                           format::Algorithm algorithm) {
  ASSIGN_OR_RETURN(const auto made, token.create_key_pair(algorithm, arguments.label));
  return format::make_verifier_key(arguments.origin, made.algorithm, made.key);
}

/// The token that has the old key, then the one for the new key: often the same.
Result<std::unique_ptr<hsm::TokenSet>> open_both(const RotateArguments& arguments) {
  std::vector<std::unique_ptr<hsm::Token>> tokens;
  ASSIGN_OR_RETURN(auto old_token, open_token(arguments.token));
  tokens.push_back(std::move(old_token));
  if (!arguments.new_token.module.empty()) {
    ASSIGN_OR_RETURN(auto new_token, open_token(arguments.new_token));
    tokens.push_back(std::move(new_token));
  }
  return std::make_unique<hsm::TokenSet>(std::move(tokens));
}

using History = std::optional<verify::VerifiedKeys>;

/// Where the event still has to go: not to a server that has it from an earlier run.
Result<PublishArguments> remaining(PublishArguments to, const format::VerifierKey& key,
                                   const History& history, Presence done) {
  if (!history) return to;
  const Presence presence = presence_of(key, history->timeline.history());
  if (presence == done) {
    to.server.clear();
  } else if (presence == Presence::kRetired) {
    return invalid("this key was retired before: make a key with a new label");
  } else if (presence != Presence::kUnknown && done != Presence::kRetired) {
    return invalid(
        "one key does not sign both for witnesses and for the log: choose another label");
  }
  return to;
}

/// What a key joins the log as.
struct Joining {
  const char* action;
  format::KeyAction event;
  Presence done;
};
constexpr Joining kSigning{"rotate", format::KeyAction::kRotate, Presence::kActive};
constexpr Joining kWitnessing{"announce", format::KeyAction::kWitnessKey, Presence::kForWitnesses};

/// What the operators of witnesses have to know of `key`, which is or becomes the log's witness key.
const char* meaning_for_witnesses(const format::VerifierKey& key, const History& history) {
  if (!history)
    return "Where the log has a witness key already, a witness that knows the log by that one "
           "answers 403 until it has this one; a witness that knows it by a key that signs goes on "
           "until that one leaves.";
  const auto& named = history->timeline.history().witness_keys();
  const bool is_first = named.empty() || named.front() == key;
  return is_first ? "Witnesses that know the log by another key go on until that one leaves."
                  : "Until a witness that knows the log by the witness key before has this one, it "
                    "answers 403: that key signs nothing any more.";
}

/// For whoever gives the key to others; stdout has the vkey alone.
void say_whom_to_tell(const format::VerifierKey& key, const History& history) {
  std::fflush(stdout);  // the vkey first, also where both go to one file
  std::fprintf(stderr,
               "Give this vkey to the operator of each witness, and write it into the line `log` "
               "of the policy. %s\n",
               meaning_for_witnesses(key, history));
}

/// Before anything is made: whether the server would take what is still to go there.
Result<void> check_server(const PublishArguments& to, const format::VerifierKey& signer,
                          const History& history) {
  if (!history || to.server.empty()) return {};
  return may_be_sent(signer, history->timeline.history());
}

/// Whether both halves are there. Of a run that was killed while the token made the key, one may be
/// left.
Result<bool> is_whole(hsm::Token& token, const format::VerifierKey& key) {
  ASSIGN_OR_RETURN(const auto all, token.list_keys());
  return std::ranges::any_of(all, [&](const hsm::KeyInfo& info) {
    return info.public_key && info.public_key->key == key.key;
  });
}

/// A public half alone signs nothing: it makes room for another key, unless the log knows the key.
Result<void> clear_half(hsm::Token& token, const RotateArguments& arguments,
                        const PublishArguments& still_to, std::optional<format::VerifierKey>& key) {
  ASSIGN_OR_RETURN(const bool whole, is_whole(token, *key));
  if (whole) return {};
  if (still_to.server != arguments.to.server)
    return not_found("the log signs with this key, but the token holds its public half only");
  if (!arguments.dry_run) RETURN_IF_ERROR(token.remove_public_key({key->algorithm, key->key}));
  key.reset();
  return {};
}

void print_vkey(bool json, const format::VerifierKey& key) {
  print_value(json, "vkey", format::format_vkey(key));
}

/// The key; of a dry run nothing, where it is yet to be made.
Result<std::optional<format::VerifierKey>> join_log(const RotateArguments& arguments,
                                                    const Joining& as, const History& history) {
  ASSIGN_OR_RETURN(const auto tokens, open_both(arguments));
  ASSIGN_OR_RETURN(const auto old_key, find_key(tokens->first(), arguments.key, arguments.origin));
  ASSIGN_OR_RETURN(const auto algorithm, parse_algorithm(arguments.algorithm));
  ASSIGN_OR_RETURN(auto new_key, find_new_key(tokens->last(), arguments, algorithm));
  if (new_key == old_key) return invalid("the new key's label is the old key's: choose another");
  PublishArguments to = arguments.to;
  if (new_key) {
    ASSIGN_OR_RETURN(to, remaining(arguments.to, *new_key, history, as.done));
    RETURN_IF_ERROR(clear_half(tokens->last(), arguments, to, new_key));
  }
  RETURN_IF_ERROR(check_server(to, old_key, history));
  if (arguments.dry_run) {
    print_plan({as.action, new_key ? format::format_vkey(*new_key) : "",
                new_key ? "" : arguments.label, format::format_vkey(old_key), to},
               arguments.json);
    return new_key;
  }
  if (!new_key) {
    ASSIGN_OR_RETURN(new_key, create_new_key(tokens->last(), arguments, algorithm));
  }
  format::KeyEvent event{as.event, arguments.origin, *new_key};
  ASSIGN_OR_RETURN(event.statement, state_key(tokens->last(), *new_key, arguments.attestations));
  if (auto told = sign_and_publish(*tokens, event, std::array{old_key, *new_key}, to); !told) {
    Error why = std::move(told).error();
    why.message.append(" (the key '" + arguments.label +
                       "' stays on its token: the next run uses it)");
    return why;
  }
  print_vkey(arguments.json, *new_key);
  return new_key;
}

}  // namespace

Result<void> rotate(const RotateArguments& arguments) {
  RETURN_IF_ERROR(check_destination(arguments.to));
  ASSIGN_OR_RETURN(const auto history, ask_history(arguments.to, arguments.origin));
  RETURN_IF_ERROR(join_log(arguments, kSigning, history));
  return {};
}

Result<void> witness_key(const RotateArguments& arguments) {
  RETURN_IF_ERROR(check_destination(arguments.to));
  ASSIGN_OR_RETURN(const auto history, ask_history(arguments.to, arguments.origin));
  ASSIGN_OR_RETURN(const auto key, join_log(arguments, kWitnessing, history));
  if (!arguments.dry_run) say_whom_to_tell(*key, history);
  return {};
}

Result<void> retire(const RetireArguments& arguments) {
  ASSIGN_OR_RETURN(const auto history, ask_history(arguments.to, arguments.origin));
  ASSIGN_OR_RETURN(const Leaving leaving, open_leaving(arguments));
  ASSIGN_OR_RETURN(const auto to,
                   remaining(arguments.to, leaving.key, history, Presence::kRetired));
  RETURN_IF_ERROR(check_server(to, leaving.signer, history));
  ASSIGN_OR_RETURN(const std::string name, typed_name(arguments.key));
  EventPlan plan{"retire", format::format_vkey(leaving.key),
                 "",       format::format_vkey(leaving.signer),
                 to,       name};
  if (history) plan.witnesses = told_of_witnesses(leaving.key, history->timeline.history());
  if (arguments.confirmation.dry_run) {
    print_plan(plan, arguments.json);
    return {};
  }
  RETURN_IF_ERROR(confirm_plan(arguments.confirmation, plan));
  const format::KeyEvent event{format::KeyAction::kRetire, arguments.origin, leaving.key};
  RETURN_IF_ERROR(sign_and_publish(*leaving.token, event, std::array{leaving.signer}, to));
  print_done(plan, arguments.json);
  return {};
}

}  // namespace varve::keys
