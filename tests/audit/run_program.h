// varve-audit as a process: what it printed, and how it ended.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/command.h"
#include "tests/directories.h"

namespace varve::audit {

inline const std::string kProgram = built_file("tools/audit/varve-audit");

inline Ran run(const std::string& arguments) {
  return run_command(kProgram + " " + arguments);
}

inline void expect(const Ran& ran, int exit, const std::string& text) {
  EXPECT_EQ(ran.exit, exit) << ran.text;
  EXPECT_NE(ran.text.find(text), std::string::npos) << ran.text;
}

}  // namespace varve::audit
