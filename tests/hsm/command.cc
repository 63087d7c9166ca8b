// popen, with the exit code.
#include "tests/hsm/command.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "ledger/base/check.h"

namespace varve::testing {

Outcome run_command(const std::string& command) {
  std::FILE* const pipe = ::popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  CHECK(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> some{};
  while (const std::size_t length = std::fread(some.data(), 1, some.size(), pipe))
    outcome.output.append(some.data(), length);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

}  // namespace varve::testing
