// Links in documents lead somewhere, and documents agree with the code.
#include "documents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "api/problem.h"
#include "ledger/base/result.h"
#include "tests/directories.h"
#include "tools/common/exit_code.h"

namespace varve::docs {
namespace {

namespace fs = std::filesystem;

std::string at(const Document& document, std::size_t line) {
  return document.path + ":" + std::to_string(line);
}

bool has_heading(const std::string& path, const std::string& anchor) {
  const auto& headings = document(path).headings;
  return std::ranges::find(headings, anchor) != headings.end();
}

TEST(Documents, LinkToWhatExists) {
  for (const Document& document : all_documents())
    for (const Link& link : document.links) {
      if (link.target.find("://") != std::string::npos) continue;
      const std::size_t hash = link.target.find('#');
      const std::string file = link.target.substr(0, hash);
      const fs::path folder = fs::path(document.path).parent_path();
      const std::string target =
          file.empty() ? document.path : (folder / file).lexically_normal().generic_string();
      ASSERT_TRUE(fs::exists(source_file(target)))
          << at(document, link.line) << " links to " << link.target;
      if (hash != std::string::npos) {
        EXPECT_TRUE(has_heading(target, link.target.substr(hash + 1)))
            << at(document, link.line) << ": no such heading: " << link.target;
      }
    }
}

// `ledger/base/result.h` in running text is a promise too; placeholders and patterns are not.
TEST(Documents, NamePathsOfTheProjectThatExist) {
  const std::regex path("(ledger|hsm|api|tools|tests|fuzz|docs)/[A-Za-z0-9_./-]*");
  for (const Document& document : all_documents())
    for (const Link& span : document.code_spans)
      if (std::regex_match(span.target, path)) {
        EXPECT_TRUE(fs::exists(source_file(span.target)))
            << at(document, span.line) << " names " << span.target;
      }
}

struct Row {
  std::string code;
  std::string exit;
};

std::vector<Row> rows_of_errors() {
  const std::regex form(R"(\| (k[A-Za-z]+) \|[^|]+\|[^|]+\| (\d+) \|.*)");
  std::vector<Row> rows;
  std::smatch match;
  for (const std::string& line : document("docs/ERRORS.md").lines)
    if (std::regex_match(line, match, form)) rows.push_back({match[1], match[2]});
  return rows;
}

// In the order of their values, as the header lists them.
std::vector<std::string> codes_of_header() {
  std::ifstream in(source_file("ledger/base/result.h"));
  std::vector<std::string> codes;
  const std::regex form(R"(\s+(k[A-Za-z]+),.*)");
  std::smatch match;
  for (std::string line; std::getline(in, line);)
    if (std::regex_match(line, match, form)) codes.push_back(match[1]);
  return codes;
}

TEST(Documents, ListExactlyTheErrorCodesOfTheHeaderWithTheirExitCodes) {
  const std::vector<std::string> codes = codes_of_header();
  const std::vector<Row> rows = rows_of_errors();
  ASSERT_EQ(rows.size(), codes.size());
  for (std::size_t value = 0; value < codes.size(); ++value) {
    const auto row = std::ranges::find(rows, codes[value], &Row::code);
    ASSERT_NE(row, rows.end()) << codes[value] << " is missing in docs/ERRORS.md";
    EXPECT_EQ(row->exit, std::to_string(tools::exit_code(static_cast<Code>(value))))
        << codes[value];
  }
}

TEST(Documents, ListExactlyTheExitCodesThatTheManualPagesList) {
  std::vector<std::string> expected;
  for (const tools::ExitStatus& status : tools::exit_statuses())
    expected.push_back("| " + std::to_string(status.code) + " | " + std::string(status.meaning) +
                       " |");
  const std::regex form(R"(\| \d+ \| [^|]+ \|)");
  std::vector<std::string> listed;
  for (const std::string& line : document("docs/ERRORS.md").lines)
    if (std::regex_match(line, form)) listed.push_back(line);
  EXPECT_EQ(listed, expected);
}

TEST(ExitStatuses, HaveEachErrorCodeOnce) {
  std::vector<int> all;
  for (const tools::ExitStatus& status : tools::exit_statuses()) all.push_back(status.code);
  EXPECT_TRUE(std::ranges::is_sorted(all, std::ranges::less_equal{})) << "or one is there twice";
  for (std::size_t value = 0; value < codes_of_header().size(); ++value) {
    const int exit = tools::exit_code(static_cast<Code>(value));
    EXPECT_TRUE(std::ranges::binary_search(all, exit)) << exit;
  }
}

// It is no error's, so it is in no row.
TEST(Documents, GiveTheExitCodeOfALogWhoseEventsAreGone) {
  const std::string code = std::to_string(tools::kExitGone);
  for (int value = 0; value <= static_cast<int>(Code::kFull); ++value)
    EXPECT_NE(tools::exit_code(static_cast<Code>(value)), tools::kExitGone);
  const auto says = [](const std::string& path, const std::string& start) {
    return std::ranges::any_of(document(path).lines,
                               [&](const std::string& line) { return line.starts_with(start); });
  };
  EXPECT_TRUE(says("docs/ERRORS.md", "Exit code " + code + " is no error"));
  EXPECT_TRUE(says("docs/operating/auditing.md", "| " + code + " | intact, but events are gone"));
}

TEST(Documents, ListExactlyTheProblemsThatTheServerAnswers) {
  std::vector<std::string> expected;
  for (const api::Problem& problem : api::kProblems)
    expected.push_back(
        "| " + std::string(problem.slug) + " | " + std::to_string(problem.status) + " | " +
        std::string(problem.title) + " | " +
        (problem.retry_after_s == 0 ? "" : std::to_string(problem.retry_after_s) + " ") + "|");
  const std::regex form(R"(\| [a-z-]+ \| \d{3} \|.*)");
  std::vector<std::string> listed;
  for (const std::string& line : document("docs/ERRORS.md").lines)
    if (std::regex_match(line, form)) listed.push_back(line);
  EXPECT_EQ(listed, expected);
}

bool is_hex_dump_line(const std::string& line) {
  static const std::regex form("[0-9a-f]{4,8}  ([0-9a-f]{2} ?){1,16}.*|([0-9a-f]{2} ?){8,32}");
  return std::regex_match(line, form);
}

TEST(Documents, OfAFormatShowItsBytes) {
  for (const Document& document : all_documents()) {
    if (!document.path.starts_with("docs/format/")) continue;
    const bool shown = std::ranges::any_of(document.blocks, [](const Block& block) {
      return block.language.starts_with("hex") || block.language.starts_with("json ") ||
             block.language == "gap-certificate" || block.language == "contradiction" ||
             block.language == "evidence" || block.language == "index" ||
             block.language == "observations" || std::ranges::any_of(block.lines, is_hex_dump_line);
    });
    EXPECT_TRUE(shown) << document.path << " has no worked example, as a hex dump or a whole text";
  }
}

TEST(Documents, SayWhatIsUnreleased) {
  const auto& headings = document("CHANGELOG.md").headings;
  EXPECT_NE(std::ranges::find(headings, "unreleased"), headings.end());
}

TEST(Documents, OfDecisionsAreNumberedWithoutGapsAndFitOnAPage) {
  std::size_t number = 0;
  for (const Document& document : all_documents()) {
    if (!document.path.starts_with("docs/decisions/")) continue;
    ++number;
    const std::string name = fs::path(document.path).filename().string();
    EXPECT_EQ(std::stoul(name.substr(0, 4)), number) << document.path;
    EXPECT_LE(document.lines.size(), 60u) << document.path;
    for (const char* part : {"**Question.**", "**Decided.**", "**Why.**", "**Consequence.**"})
      EXPECT_TRUE(std::ranges::any_of(
          document.lines, [&](const std::string& line) { return line.starts_with(part); }))
          << document.path << " has no " << part;
  }
  EXPECT_GE(number, 7u);
}

TEST(Documents, CloseTheirFences) {
  for (const Document& document : all_documents()) {
    const auto fences = std::ranges::count_if(document.lines, [](const std::string& line) {
      const std::size_t text = line.find_first_not_of(' ');
      return text != std::string::npos && line.compare(text, 3, "```") == 0;
    });
    EXPECT_EQ(fences % 2, 0) << document.path;
  }
}

}  // namespace
}  // namespace varve::docs
