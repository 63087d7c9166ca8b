// varve-audit: for an auditor who trusts nobody. Links neither the ledger's store nor the token.
// Exit: 0 verified or intact, 18 intact but events are gone, 19 intact but a mirror keeps what its log
// disposed of, 13 corrupt, 14 could not read; the rest as docs/ERRORS.md says.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "ledger/base/visible.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/command_line.h"
#include "tools/audit/config_defaults.h"
#include "tools/common/exit_code.h"
#include "tools/common/own_commands.h"
#include "tools/common/program.h"

namespace varve::audit {
namespace {

std::string error_json(const Error& error, int exit) {
  return AnswerJson()
      .add("result", "error")
      .add("exit", static_cast<std::uint64_t>(exit))
      .add("message", error.message)
      .take();
}

int print(const Result<Answer>& answer, bool json) {
  if (answer) {
    std::printf("%s\n", (json ? answer->json : visible_lines(answer->line)).c_str());
    return answer->exit;
  }
  const int exit = tools::report("varve-audit", answer.error());
  if (json) std::printf("%s\n", error_json(answer.error(), exit).c_str());
  return exit;
}

int main_with(int argc, char** argv) {
  CommandLine line;
  tools::add_own_commands(line.app());
  auto arguments = with_defaults(line.app(), {argv + 1, argv + argc});
  if (!arguments) return tools::report("varve-audit", arguments.error());
  std::ranges::reverse(*arguments);  // as CLI11 wants them
  try {
    line.app().parse(std::move(*arguments));
  } catch (const CLI::ParseError& e) {
    return line.app().exit(e) == 0 ? tools::kExitOk : tools::kExitUsage;
  }
  return line.measured(print(line.run(), line.json()));
}

}  // namespace
}  // namespace varve::audit

int main(int argc, char** argv) {
  return varve::tools::run_program("varve-audit", varve::audit::main_with, argc, argv);
}
