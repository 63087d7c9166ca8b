// varved token and varved check-config: what an operator does before the server runs.
#include <algorithm>
#include <cstdio>

#include "api/access/tokens.h"
#include "tools/common/exit_code.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/preflight.h"

namespace varve::tools {
namespace {

/// While the server runs, it is what has the address.
void take_address_in_use(std::vector<Error>& problems) {
  const auto in_use = [](const Error& problem) { return problem.code == Code::kBusy; };
  for (const Error& problem : problems)
    if (in_use(problem)) std::printf("%s (right when varved runs)\n", problem.message.c_str());
  std::erase_if(problems, in_use);
}

void print(const std::string& about, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings)
    std::printf("%s%s\n", about.c_str(), warning.message.c_str());
}

std::vector<Error> ask(const Config& config) {
  const auto tokens = open_tokens(config);
  if (!tokens) return {tokens.error()};
  FoundSites found = find_sites(config, **tokens);
  for (const LogSite& site : found.sites) print("log " + site.name + ": ", site.warnings);
  for (const LogConfig& log : config.logs) {
    if (!log.witnesses.asks()) continue;
    auto elsewhere = witnesses_are_elsewhere(log.witnesses, log.options.origin, **tokens);
    if (elsewhere) continue;
    found.problems.push_back(
        std::move(elsewhere).error().during("checking witness_policy of log " + log.name));
  }
  return std::move(found.problems);
}

}  // namespace

int check_config(const std::string& config_path, Asking asking) {
  const auto config = adopt_config(config_path);
  if (!config) return report(kVarved, config.error());
  auto [server, listeners, tokens, problems, warnings] = preflight(*config);
  server.reset();  // gives its address back
  listeners.reset();
  print("", warnings);
  take_address_in_use(problems);
  if (problems.empty() && asking == Asking::kTokens) problems = ask(*config);
  if (!problems.empty()) return report(kVarved, problems);
  const std::size_t logs = config->logs.size();
  std::printf("%s is right: %zu log%s%s\n", config_path.c_str(), logs, logs == 1 ? "" : "s",
              asking == Asking::kTokens ? ", whose keys the tokens have" : "");
  return kExitOk;
}

int make_token(const std::string& name, const std::string& roles, const std::string& logs) {
  const std::string token = api::make_token();
  const auto line = api::token_line(token, name, roles, logs);
  if (!line) return report(kVarved, line.error());
  std::printf("The token, shown only now; give it to %s:\n%s\n\n", name.c_str(), token.c_str());
  std::printf("The line for the tokens file (then send SIGHUP to varved):\n%s\n", line->c_str());
  return kExitOk;
}

}  // namespace varve::tools
