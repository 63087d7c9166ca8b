// varved token and varved check-config: what an operator does before the server runs.
#include <cstdio>

#include "api/auth.h"
#include "tools/common/exit_code.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/tokens_file.h"

namespace varve::tools {
namespace {

Result<std::size_t> check(const std::string& path) {
  ASSIGN_OR_RETURN(const Config config, load_config(path));
  ASSIGN_OR_RETURN(const api::Tokens tokens, load_tokens(config.tokens));
  return config.logs.size();
}

}  // namespace

int check_config(const std::string& config_path) {
  const auto logs = check(config_path);
  if (!logs) return report(kVarved, logs.error());
  std::printf("%s is right: %zu log%s\n", config_path.c_str(), *logs, *logs == 1 ? "" : "s");
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
