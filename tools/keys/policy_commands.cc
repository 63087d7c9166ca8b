// The next policy says what the one in force says, but for what was asked.
#include "tools/keys/policy_commands.h"

#include <array>
#include <cstdio>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/cosigned_time.h"
#include "tools/common/files.h"
#include "tools/keys/key_note.h"
#include "tools/keys/key_printing.h"
#include "tools/keys/retention_view.h"

namespace varve::keys {
namespace {

Result<std::vector<format::TimeSource>> parse_sources(const std::vector<std::string>& words) {
  std::vector<format::TimeSource> sources;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos)
      return invalid("a time source is NAME=SHA-256 of its public key, in hex: " + word);
    format::TimeSource source{word.substr(0, equals), {}};
    ASSIGN_OR_RETURN(source.key, decode_hex_hash(word.substr(equals + 1)));
    sources.push_back(std::move(source));
  }
  return sources;
}

Result<void> add_witnesses(const std::vector<std::string>& vkeys,
                           std::vector<format::TimeSource>& sources) {
  for (const std::string& vkey : vkeys) {
    ASSIGN_OR_RETURN(const format::CosignerKey key, format::parse_cosigner_vkey(vkey));
    sources.push_back({key.name, format::cosigner_hash(key), format::SourceType::kWitness});
  }
  return {};
}

/// A locked log would refuse it, and the person hears it before anything is signed.
Result<void> expect_not_shorter(const char* name, std::uint64_t next, std::uint64_t now) {
  if (next >= now) return {};
  return invalid(std::string(name) + " is " + std::to_string(now) +
                 " in this log, and is never shortened to " + std::to_string(next));
}

Result<format::Policy> next_policy(const SetPolicyArguments& arguments, const RetentionView& now) {
  format::Policy next = now.policy.value_or(format::Policy{});
  if (now.policy) next.number += 1;
  next.previous = now.policy_leaf;
  next.origin = arguments.origin;
  next.period = arguments.period.value_or(next.period);
  next.notice = arguments.notice.value_or(next.notice);
  next.wait = arguments.wait.value_or(next.wait);
  next.quorum = arguments.quorum.value_or(next.quorum);
  if (!arguments.automatic.empty()) next.automatic = arguments.automatic == "yes";
  if (!arguments.sources.empty() || !arguments.witnesses.empty()) {
    ASSIGN_OR_RETURN(next.sources, parse_sources(arguments.sources));
    RETURN_IF_ERROR(add_witnesses(arguments.witnesses, next.sources));
  }
  if (next.mode == format::Mode::kDraft) return next;
  RETURN_IF_ERROR(expect_not_shorter("the period", next.period, now.period));
  RETURN_IF_ERROR(expect_not_shorter("the notice", next.notice, now.notice));
  RETURN_IF_ERROR(expect_not_shorter("the wait", next.wait, now.wait));
  return next;
}

Result<void> print_plan(const SetPolicyArguments& arguments, const RetentionView& now,
                        const format::Policy& next) {
  ASSIGN_OR_RETURN(const RetentionView then,
                   ask_retention(arguments.server, "?period=" + std::to_string(next.period) +
                                                       "&notice=" + std::to_string(next.notice) +
                                                       "&wait=" + std::to_string(next.wait)));
  if (arguments.json) {
    std::printf("%s\n", then.json.c_str());
    return {};
  }
  std::printf("would set: period %u, notice %u, wait %u %s, automatic %s\n", next.period,
              next.notice, next.wait, visible(now.unit).c_str(), next.automatic ? "yes" : "no");
  print_difference(now, then, true,
                   "it cannot be undone: periods of a locked log are never shortened");
  return {};
}

}  // namespace

Result<void> show_policy(const ShowPolicyArguments& arguments) {
  return show_retention(arguments.from, arguments.json, &print_policy);
}

Result<void> set_policy(const SetPolicyArguments& arguments) {
  ASSIGN_OR_RETURN(const RetentionView now, ask_retention(arguments.server, "", arguments.origin));
  ASSIGN_OR_RETURN(format::Policy next, next_policy(arguments, now));
  if (!arguments.dry_run && arguments.out.empty())
    return invalid("nowhere to put the policy: give --out FILE");
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(next.key, find_key(*token, arguments.key, arguments.origin));
  const std::string text = format::policy_text(next);
  RETURN_IF_ERROR(format::parse_policy(text));  // its bounds, before signing
  if (arguments.dry_run) return print_plan(arguments, now, next);
  ASSIGN_OR_RETURN(const std::string note, sign_text(*token, text, std::array{next.key}));
  RETURN_IF_ERROR(tools::replace_file(arguments.out, bytes_of(note)));
  print_value(arguments.json, "policy", arguments.out);
  return {};
}

void PolicyCommandLine::add_to(CLI::App& app, Result<void>& outcome) {
  CLI::App& policy = *app.add_subcommand("policy", "how long a log keeps its records");
  policy.require_subcommand(1);

  CLI::App& show = *policy.add_subcommand("show", "print what is in force, and what it comes to");
  reading_options(show, show_.from);
  json_option(show, show_.json);
  calls(show, show_, &show_policy, outcome);

  CLI::App& set = *policy.add_subcommand("set", "write the next policy: it needs approvals");
  token_options(set, set_.token);
  set.add_option("--key", set_.key, "a key that signs now: pkcs11:object=LABEL")->required();
  origin_option(set, set_.origin);
  reading_options(set, set_.server);
  set.add_option("--period", set_.period, "how old a record has to be, in days");
  set.add_option("--notice", set_.notice, "how long a disposal is announced before, in days");
  set.add_option("--wait", set_.wait, "how long a source or an approver has to be named, in days");
  set.add_option("--automatic", set_.automatic, "whether the server disposes by itself")
      ->check(CLI::IsMember({"yes", "no"}));
  set.add_option("--source", set_.sources,
                 "a time-stamping authority: NAME=SHA-256 of its public key; these replace all")
      ->allow_extra_args(false);
  set.add_option("--witness", set_.witnesses,
                 "a witness whose cosignatures say what time it is: its vkey; these replace all")
      ->allow_extra_args(false);
  set.add_option("--quorum", set_.quorum, "how many sources have to agree");
  set.add_option("--out", set_.out, "write the policy to this file");
  dry_run_option(set, set_.dry_run);
  json_option(set, set_.json);
  calls(set, set_, &set_policy, outcome);
}

}  // namespace varve::keys
