// A command of a shell, as a test runs it: what it printed, and how it ended.
#pragma once

#include <stdio.h>
#include <sys/wait.h>

#include <string>

#include "ledger/base/check.h"

namespace varve {

struct Ran {
  int exit = -1;
  std::string text;  // standard output and standard error
};

inline Ran run_command(const std::string& command) {
  Ran ran;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  CHECK(pipe != nullptr);
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    ran.text.append(buffer, n);
  const int status = ::pclose(pipe);
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace varve
