// What the policy of a log's witnesses has to have before anybody is asked.
#include "tools/varved/witness_config.h"

#include <algorithm>

#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kWitnessDay_s = 86'400;

Result<void> names_the_log(const format::WitnessPolicy& policy, const std::string& origin) {
  const auto is_it = [&](const format::LogOfPolicy& log) { return log.key.name == origin; };
  if (policy.logs().empty() || std::ranges::any_of(policy.logs(), is_it)) return {};
  return invalid("no line `log` of the witness policy is of " + origin);
}

Result<void> can_ask(const format::WitnessPolicy& policy, const std::string& ca_file) {
  std::vector<bool> asked;
  for (const format::Witness& witness : policy.witnesses()) {
    asked.push_back(!witness.url.empty());
    if (witness.url.empty()) continue;
    if (auto checked = api::check_peer({api::add_checkpoint_url(witness), ca_file}); !checked)
      return Error{checked.error().code,
                   "the witness " + witness.name + ": " + checked.error().message};
  }
  if (std::ranges::count(asked, true) == 0)
    return invalid("no witness has a URL, so there is none to ask: `witness <name> <vkey> <url>`");
  if (policy.is_met(asked)) return {};
  return invalid(
      "the witnesses that have a URL are too few for the quorum: no checkpoint would ever have it");
}

Result<format::WitnessPolicy> load_policy(const WitnessConfig& witnesses,
                                          const std::string& origin) {
  RETURN_IF_ERROR(env::check_mode(witnesses.policy, env::Others::kRead));
  ASSIGN_OR_RETURN(const Buffer text, read_file(witnesses.policy, format::kWitnessPolicyMax));
  auto policy = format::WitnessPolicy::parse(text_of(text));
  Result<void> fits = policy ? names_the_log(*policy, origin) : policy.error();
  if (fits) fits = can_ask(*policy, witnesses.ca_file);
  if (!fits) return Error{fits.error().code, witnesses.policy + ": " + fits.error().message};
  return policy;
}

}  // namespace

std::vector<Key> witness_keys(WitnessConfig& witnesses) {
  return {text_key("witness_policy", witnesses.policy), text_key("witness_ca", witnesses.ca_file),
          number_key("witness_interval_s", 1, kWitnessDay_s, witnesses.interval_s)};
}

Result<void> check_witnesses(const WitnessConfig& witnesses, const std::string& origin) {
  RETURN_IF_ERROR(load_policy(witnesses, origin));
  return {};
}

Result<void> witnesses_are_elsewhere(const WitnessConfig& witnesses, const std::string& origin,
                                     env::Signer& tokens) {
  ASSIGN_OR_RETURN(const auto policy, load_policy(witnesses, origin));
  Buffer message(32);
  env::system_random().fill(message);
  for (const format::Witness& witness : policy.witnesses())
    if (tokens.sign(witness.key.key, message))
      return invalid(witnesses.policy + ": the key of the witness " + witness.name +
                     " is on a token of this server: a witness is somebody else");
  return {};
}

Result<api::WitnessOptions> witness_options(const WitnessConfig& witnesses, const std::string& name,
                                            const std::string& origin) {
  api::WitnessOptions options;
  ASSIGN_OR_RETURN(options.policy, load_policy(witnesses, origin));
  options.log = name;
  options.ca_file = witnesses.ca_file;
  options.interval_s = witnesses.interval_s;
  options.kept_name = witnessed_file_name(name);
  options.alarms_name = alarms_file_name(name);
  return options;
}

std::size_t witnesses_asked(const WitnessConfig& witnesses, const std::string& origin) {
  if (!witnesses.asks()) return 0;
  const auto policy = load_policy(witnesses, origin);
  if (!policy) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(
      policy->witnesses(), [](const format::Witness& one) { return !one.url.empty(); }));
}

bool takes_a_key_of(const format::WitnessPolicy& policy, const rules::KeyHistory& keys) {
  const auto signs = [&](const format::LogOfPolicy& log) {
    return std::ranges::count(keys.active(), log.key) != 0 ||
           (keys.witness_key() != nullptr && *keys.witness_key() == log.key);
  };
  return policy.logs().empty() || std::ranges::any_of(policy.logs(), signs);
}

Result<void> witnesses_are_others(const format::WitnessPolicy& policy,
                                  const rules::KeyHistory& keys) {
  for (const auto* of_the_log : {&keys.all(), &keys.witness_keys()})
    if (const format::Witness* const one = policy.is_the_log_itself(*of_the_log))
      return invalid("the witness " + one->name + " of " + keys.origin() +
                     " has a key of the log itself, or one that was: a witness is somebody else");
  return {};
}

std::string witnessed_file_name(const std::string& log) {
  return log + "+witnessed";
}

std::string alarms_file_name(const std::string& log) {
  return log + "+alarms";
}

}  // namespace varve::tools
