// varve-audit as a process: what it printed, and how it ended.
#pragma once

#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <string>

#include "ledger/base/check.h"
#include "tests/directories.h"

namespace varve::audit {

inline const std::string kProgram = built_file("tools/audit/varve-audit");

struct Ran {
  int exit = -1;
  std::string text;  // standard output and standard error
};

inline Ran run_command(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  CHECK(pipe != nullptr);
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    ran.text.append(buffer, n);
  const int status = ::pclose(pipe);
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

inline Ran run(const std::string& arguments) {
  return run_command(kProgram + " " + arguments);
}

inline void expect(const Ran& ran, int exit, const std::string& text) {
  EXPECT_EQ(ran.exit, exit) << ran.text;
  EXPECT_NE(ran.text.find(text), std::string::npos) << ran.text;
}

}  // namespace varve::audit
