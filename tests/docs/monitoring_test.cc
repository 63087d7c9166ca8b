// The page about monitoring and the alerts that the server's package brings: one section for each alert, in the
// same order, and each alert leads to its section.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "documents.h"
#include "tests/directories.h"

namespace varve::docs {
namespace {

constexpr const char* kPage = "docs/operating/monitoring.md";

/// What follows `mark` on each line that begins with it, leading blanks aside.
std::vector<std::string> marked(const std::vector<std::string>& lines, const std::string& mark) {
  std::vector<std::string> found;
  for (const std::string& line : lines) {
    const std::size_t text = std::min(line.find_first_not_of(' '), line.size());
    if (line.compare(text, mark.size(), mark) == 0)
      found.push_back(line.substr(text + mark.size()));
  }
  return found;
}

std::vector<std::string> lines_of_rules() {
  std::ifstream in(source_file("tools/package/monitoring/alerts.yml"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Monitoring, HasASectionForEachAlertWhichSaysWhatToDoFirstAndWhereMoreIs) {
  const std::vector<std::string> alerts = marked(lines_of_rules(), "- alert: ");
  ASSERT_GT(alerts.size(), 20U);
  EXPECT_EQ(marked(document(kPage).lines, "### "), alerts);
  EXPECT_EQ(marked(document(kPage).lines, "- First: ").size(), alerts.size());
  for (const std::string& more : marked(document(kPage).lines, "- More: "))
    EXPECT_NE(more.find("]("), std::string::npos) << more;
  EXPECT_EQ(marked(document(kPage).lines, "- More: ").size(), alerts.size());
}

TEST(Monitoring, IsWhereEachAlertLeads) {
  std::vector<std::string> expected;
  for (std::string alert : marked(lines_of_rules(), "- alert: ")) {
    std::ranges::transform(alert, alert.begin(), [](unsigned char c) { return std::tolower(c); });
    expected.push_back("/usr/share/doc/varve/" + std::string(kPage) + "#" + alert);
  }
  EXPECT_EQ(marked(lines_of_rules(), "runbook: "), expected);
}

}  // namespace
}  // namespace varve::docs
