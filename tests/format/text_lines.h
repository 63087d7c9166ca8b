// For texts that are a fixed sequence of lines: everything that is nearly such a text is refused.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace varve::format {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

/// Each line missing, doubled, or exchanged with any other; each cut; a line or a byte more.
template <class Parse>
void expect_exactly_these_lines(const std::string& text, Parse parse) {
  ASSERT_TRUE(parse(text)) << text;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t k = 0; k < lines.size(); ++k) {
    std::vector<std::string> other = lines;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(k));
    EXPECT_FALSE(parse(joined(other))) << "without: " << lines[k];
    other = lines;
    other.insert(other.begin() + static_cast<std::ptrdiff_t>(k), lines[k]);
    EXPECT_FALSE(parse(joined(other))) << "doubled: " << lines[k];
    for (std::size_t m = k + 1; m < lines.size(); ++m) {
      other = lines;
      std::swap(other[k], other[m]);
      EXPECT_FALSE(parse(joined(other))) << "exchanged: " << lines[k] << lines[m];
    }
  }
  for (std::size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(parse(text.substr(0, cut)));
  for (const char* more : {"\n", " ", "more\n"}) EXPECT_FALSE(parse(text + more)) << more;
}

/// The text with the first of each pair replaced by the second is refused.
template <class Parse>
void expect_no_spelling(const std::string& text,
                        const std::vector<std::pair<std::string, std::string>>& all, Parse parse) {
  for (const auto& [from, to] : all) {
    std::string other = text;
    ASSERT_NE(other.find(from), std::string::npos) << from;
    other.replace(other.find(from), from.size(), to);
    EXPECT_FALSE(parse(other)) << other;
  }
}

}  // namespace varve::format
