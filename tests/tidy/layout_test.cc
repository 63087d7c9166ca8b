// The names at the top of the project, and the form of a header.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "repository.h"

namespace varve::tidy {
namespace {

TEST(Tidy, TheTopLevelHoldsOnlyWhatTheDesignSays) {
  const std::set<std::string> allowed = {
      "CMakeLists.txt", "README.md",  "LICENSE", "CHANGELOG.md", ".ci", ".clang-format",
      ".clang-tidy",    ".gitignore", "ledger",  "hsm",          "api", "tools",
      "tests",          "fuzz",       "docs",
  };
  for (const SourceFile& file : all_files())
    EXPECT_TRUE(allowed.contains(file.path.substr(0, file.path.find('/')))) << file.path;
}

TEST(Tidy, CppFilesAndCodeAreNamedInSnakeCase) {
  const std::regex good("([a-z0-9_-]+/)*[a-z0-9_]+\\.(cc|h)");
  const std::regex program("tools/[a-z]+/varve-[a-z]+\\.cc");  // named after the program
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file)) continue;
    EXPECT_TRUE(std::regex_match(file.path, good) || std::regex_match(file.path, program))
        << file.path;
  }
}

TEST(Tidy, HeadersAreIncludedOnceAndImposeNoNamespaceAndNoStreams) {
  for (const SourceFile& file : all_files()) {
    if (!is_header(file)) continue;
    bool once = false;
    for (const std::string& line : file.lines) {
      once = once || line == "#pragma once";
      EXPECT_FALSE(line.find("using namespace") != std::string::npos) << file.path << ": " << line;
    }
    EXPECT_TRUE(once) << file.path << " has no #pragma once";
  }
}

TEST(Tidy, LibrariesDoNotPrintThroughIostreams) {
  for (const SourceFile& file : all_files()) {
    const bool library =
        is_in(file.path, "ledger") || is_in(file.path, "hsm") || is_in(file.path, "api");
    if (!library || !is_cpp(file)) continue;
    for (const std::string& line : file.lines)
      EXPECT_EQ(line.find("#include <iostream>"), std::string::npos) << file.path;
  }
}

}  // namespace
}  // namespace varve::tidy
