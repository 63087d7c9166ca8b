// How long files and functions may be, and how they begin. Prints the measured medians.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <regex>

#include "cpp_text.h"
#include "repository.h"

namespace varve::tidy {
namespace {

constexpr std::size_t kFileLinesMax = 400;
constexpr std::size_t kFunctionLinesMax = 60;
constexpr std::size_t kLineMax = 120;  // clang-format breaks at 100; some things cannot be broken

void report(const std::string& what, std::vector<std::size_t> sizes) {
  ASSERT_FALSE(sizes.empty());
  std::ranges::sort(sizes);
  std::cout << what << ": " << sizes.size() << ", median " << sizes[sizes.size() / 2]
            << " lines, 90th percentile " << sizes[sizes.size() * 9 / 10] << ", longest "
            << sizes.back() << "\n";
}

TEST(Tidy, NoFileIsLongerThan400Lines) {
  std::vector<std::size_t> sizes;
  for (const SourceFile& file : all_files()) {
    if (!is_source(file)) continue;
    EXPECT_LE(file.lines.size(), kFileLinesMax) << file.path << ": split it";
    if (is_cpp(file)) sizes.push_back(file.lines.size());
  }
  report("C++ files", sizes);
}

TEST(Tidy, NoFunctionIsLongerThan60Lines) {
  std::vector<std::size_t> sizes;
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file)) continue;
    for (const Function& function : functions_in(blank_out(file.lines))) {
      EXPECT_LE(function.lines, kFunctionLinesMax)
          << file.path << ":" << function.line << ": " << function.name << ": split it";
      sizes.push_back(function.lines);
    }
  }
  report("C++ functions", sizes);
}

std::size_t first_line_of_text(const SourceFile& file) {
  const bool has_interpreter = !file.lines.empty() && file.lines[0].starts_with("#!");
  return has_interpreter ? 1 : 0;
}

// A CMakeLists.txt that only names its library says all there is.
bool is_one_declaration(const SourceFile& file) {
  return file.path.ends_with("CMakeLists.txt") && file.lines.size() <= 2;
}

TEST(Tidy, EveryFileOpensWithACommentThatSaysWhyItExists) {
  for (const SourceFile& file : all_files()) {
    if (!is_source(file) || is_one_declaration(file)) continue;
    const std::size_t at = first_line_of_text(file);
    ASSERT_LT(at, file.lines.size()) << file.path << " is empty";
    const std::string mark = is_cpp(file) || file.path.ends_with(".go") ? "// " : "# ";
    EXPECT_TRUE(file.lines[at].starts_with(mark) && file.lines[at].size() > 12)
        << file.path << ": its first line is: " << file.lines[at];
  }
}

TEST(Tidy, LinesAreShortAndHaveNoTabsAndNoTrailingSpace) {
  for (const SourceFile& file : all_files()) {
    if (!is_source(file)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      const std::string place = file.path + ":" + std::to_string(i + 1);
      EXPECT_LE(line.size(), kLineMax) << place;
      EXPECT_FALSE(line.ends_with(' ') || line.ends_with('\r')) << place << ": trailing space";
      if (!file.path.ends_with(".go")) {
        EXPECT_EQ(line.find('\t'), std::string::npos) << place << ": a tab";
      }
    }
  }
}

TEST(Tidy, NothingIsLeftToDoInTheCode) {
  // Spelled in halves, or this file would break its own rule.
  const std::vector<std::string> marks = {std::string("TO") + "DO", std::string("FIX") + "ME"};
  for (const SourceFile& file : all_files()) {
    if (!is_source(file)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      for (const std::string& mark : marks)
        EXPECT_EQ(file.lines[i].find(mark), std::string::npos)
            << file.path << ":" << i + 1 << ": do it, or write down a KNOWN: with its consequence";
  }
}

std::size_t lines_in(const std::string& folder) {
  std::size_t lines = 0;
  for (const SourceFile& file : all_files())
    if (is_cpp(file) && is_in(file.path, folder)) lines += file.lines.size();
  return lines;
}

// Whoever trusts nobody reads these: within the hundred, so that the figure is not a promise of
// long ago.
TEST(Architecture, SaysHowManyLinesAnAuditorReads) {
  std::string text;
  for (const SourceFile& file : all_files())
    if (file.path == "docs/ARCHITECTURE.md")
      for (const std::string& line : file.lines) text += line + " ";
  static const std::regex said(R"(`ledger/verify` have about ([0-9]+),([0-9]{3}) lines)");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(text, match, said));
  const std::size_t lines = lines_in("ledger/rules") + lines_in("ledger/verify");
  EXPECT_EQ(std::stoul(match[1].str() + match[2].str()), (lines + 50) / 100 * 100) << lines;
}

}  // namespace
}  // namespace varve::tidy
