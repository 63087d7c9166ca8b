// Runs a program as a person would, for tests of varve-keys and of foreign tools.
#pragma once

#include <string>

namespace varve::testing {

struct Outcome {
  int exit_code = -1;
  std::string output;  // standard output and standard error
};

/// Through the shell, so that quoting, redirections and assignments work as typed.
Outcome run_command(const std::string& command);

}  // namespace varve::testing
