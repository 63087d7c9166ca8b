// Every C++ file is as clang-format writes it, by the project's own .clang-format.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "repository.h"
#include "tests/directories.h"

namespace varve::tidy {
namespace {

constexpr std::size_t kComplaintsShown = 4'000;  // characters

TEST(Tidy, CppFilesAreAsClangFormatWritesThem) {
  std::string command = "cd " + source_file("") + " && clang-format --dry-run -Werror";
  for (const SourceFile& file : all_files())
    if (is_cpp(file)) command += " " + file.path;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string complaints;
  std::array<char, 4096> some{};
  while (std::fgets(some.data(), static_cast<int>(some.size()), pipe) != nullptr)
    if (complaints.size() < kComplaintsShown) complaints += some.data();
  EXPECT_EQ(::pclose(pipe), 0) << complaints << "Format these files: clang-format -i FILE...";
}

}  // namespace
}  // namespace varve::tidy
