// docs/GLOSSARY.md holds: its terms are in use, and the words that it rules out are not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "documents.h"

namespace varve::docs {
namespace {

constexpr const char* kGlossary = "docs/GLOSSARY.md";

struct Term {
  std::string name;
  std::string definition;
  std::string where;
};

std::vector<Term> terms() {
  static const std::regex form(R"(\| \*\*([^*]+)\*\* \| (.+) \| (.+) \|)");
  std::vector<Term> found;
  std::smatch match;
  for (const std::string& line : document(kGlossary).lines)
    if (std::regex_match(line, match, form)) found.push_back({match[1], match[2], match[3]});
  return found;
}

/// A word that no document may use, and what the glossary says instead.
struct BannedWord {
  std::string word;
  std::string instead;
};

std::vector<BannedWord> banned_words() {
  static const std::regex form(R"(\| ([^|]+) \| ([^|]+) \|)");
  std::vector<BannedWord> found;
  bool inside = false;
  std::smatch match;
  for (const std::string& line : document(kGlossary).lines) {
    if (line == "| not | but |") {
      inside = true;
    } else if (inside && std::regex_match(line, match, form)) {
      std::istringstream words(match[1]);
      for (std::string word; std::getline(words >> std::ws, word, ',');)
        found.push_back({word, match[2]});
    }
  }
  return found;
}

/// What a reader reads, in lower case and with single spaces: no blocks, no `code`, no link
/// targets.
std::string prose(const Document& document) {
  static const std::regex not_read(R"(`[^`]*`|\]\([^)]*\))");
  std::string text = " ";
  bool inside = false;
  for (const std::string& line : document.lines) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first != std::string::npos && line.compare(first, 3, "```") == 0) {
      inside = !inside;
    } else if (!inside) {
      std::istringstream words(std::regex_replace(line, not_read, "|"));
      for (std::string word; words >> word;) text += word + " ";
    }
  }
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_part_of_a_word(char c) {
  return c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// Whole words only; the plural counts.
bool uses(const std::string& text, std::string term) {
  std::ranges::transform(term, term.begin(), [](unsigned char c) { return std::tolower(c); });
  for (std::size_t at = text.find(term); at != std::string::npos; at = text.find(term, at + 1)) {
    std::size_t behind = at + term.size();
    if (text[behind] == 's') ++behind;
    if (!is_part_of_a_word(text[at - 1]) && !is_part_of_a_word(text[behind])) return true;
  }
  return false;
}

TEST(Glossary, DefinesEachTermOnceInOrderAndInAtMostTwoSentences) {
  const std::vector<Term> all = terms();
  EXPECT_GE(all.size(), 20U);
  EXPECT_EQ(std::ranges::adjacent_find(all, std::ranges::greater_equal{}, &Term::name), all.end());
  const std::regex sentence(R"([.:?] [A-Z])");
  for (const Term& term : all) {
    const auto begin = term.definition.begin();
    const auto breaks = std::distance(std::sregex_iterator(begin, term.definition.end(), sentence),
                                      std::sregex_iterator());
    EXPECT_LE(breaks, 1) << term.name;
    EXPECT_NE(term.where.find("]("), std::string::npos)
        << term.name << ": the glossary does not link to where it is specified";
  }
}

TEST(Glossary, HasNoTermThatNoDocumentUses) {
  for (const Term& term : terms()) {
    const auto in_use = [&](const Document& document) {
      return document.path != kGlossary && uses(prose(document), term.name);
    };
    EXPECT_TRUE(std::ranges::any_of(all_documents(), in_use)) << term.name;
  }
}

TEST(Glossary, RulesOutWordsThatNoDocumentUses) {
  const std::vector<BannedWord> banned = banned_words();
  EXPECT_GE(banned.size(), 20U);
  for (const Document& document : all_documents()) {
    if (document.path == kGlossary) continue;
    const std::string text = prose(document);
    for (const BannedWord& word : banned)
      EXPECT_FALSE(uses(text, word.word))
          << document.path << " says \"" << word.word << "\": say " << word.instead;
  }
}

}  // namespace
}  // namespace varve::docs
