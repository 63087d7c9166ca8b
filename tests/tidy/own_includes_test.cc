// A file includes what it uses, itself or through what it includes: several files are compiled as one, so the
// compiler sees each behind its neighbours. Looked at are the project's own types, constants and functions outside
// of classes, by their names: rather one missed than one refused without reason.
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cpp_text.h"
#include "repository.h"

namespace varve::tidy {
namespace {

using Names = std::set<std::string, std::less<>>;

struct Text {
  Names includes;  // of the project
  Names declared;  // types, constants, functions and variables, wherever in the file
  Names offered;   // of those, what others have to include the file for
  Names used;
};

bool is_large(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool is_constant(std::string_view name) {
  return name.size() > 1 && name[0] == 'k' && is_large(name[1]);
}

// Not a macro, and not a template's parameter of one letter.
bool is_type(std::string_view name) {
  if (!is_large(name[0])) return false;
  for (const char c : name)
    if (std::islower(static_cast<unsigned char>(c)) != 0) return true;
  return false;
}

struct Token {
  std::string_view text;     // a word, or one other character
  std::size_t position = 0;  // in all of it
};

std::vector<Token> tokens_in(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == at) ++end;
    if (text[at] != ' ' && text[at] != '\n') tokens.push_back({text.substr(at, end - at), at});
    at = end;
  }
  return tokens;
}

// From `enum`, `class` and their like up to the end of the name; of an enumeration also what is in its braces.
void add_declared_type(const std::vector<Token>& tokens, std::size_t keyword, Names& to) {
  static const Names ends = {"{", ":", ";", "=", ",", ">", "final"};
  std::size_t at = keyword + 1;
  for (; at < tokens.size() && !ends.contains(tokens[at].text); ++at) to.emplace(tokens[at].text);
  if (tokens[keyword].text != "enum") return;
  while (at < tokens.size() && tokens[at].text != "{" && tokens[at].text != ";") ++at;
  if (at == tokens.size() || tokens[at].text == ";") return;
  for (; at < tokens.size() && tokens[at].text != "}"; ++at) to.emplace(tokens[at].text);
}

// `const char* const kName = `, `constexpr Bound kName{`, `int kName[`, `static const Names kName;`.
bool declares_constant(const std::vector<Token>& tokens, std::size_t at) {
  if (at == 0 || at + 2 >= tokens.size() || !is_constant(tokens[at].text)) return false;
  const char before = tokens[at - 1].text.back();
  if (tokens[at - 1].text == "return") return false;
  if (!is_word(before) && before != '>' && before != '*' && before != '&') return false;
  const std::string_view next = tokens[at + 1].text;
  return next == "{" || next == "[" || next == ";" || (next == "=" && tokens[at + 2].text != "=");
}

// `Type name(`, `Type& name;`, `Type name = `: a function or a variable, also a local one.
bool declares_variable(std::string_view text, const std::vector<Token>& tokens, std::size_t at) {
  static const Names statements = {"return", "co_return", "co_await", "else", "throw",
                                   "case",   "new",       "not",      "and",  "or"};
  const Token& token = tokens[at];
  if (at == 0 || at + 1 == tokens.size() ||
      std::islower(static_cast<unsigned char>(token.text[0])) == 0)
    return false;
  if (std::string_view{" \n&*"}.find(text[token.position - 1]) == std::string_view::npos)
    return false;
  const std::string_view before = tokens[at - 1].text;
  if (statements.contains(before)) return false;
  if (!is_word(before.back()) && before != ">" && before != "&" && before != "*") return false;
  return std::string_view{"({=;,):["}.find(tokens[at + 1].text[0]) != std::string_view::npos;
}

// A function outside of classes: its declaration begins where its line begins.
bool offers_function(std::string_view text, const std::vector<Token>& tokens, std::size_t at) {
  if (!declares_variable(text, tokens, at) || tokens[at + 1].text != "(") return false;
  const std::size_t begin = text.substr(0, tokens[at].position).rfind('\n') + 1;
  const std::string_view line = text.substr(begin, tokens[at].position - begin);
  return !line.empty() && line[0] != ' ' && line.find_first_of("=;{}()") == std::string_view::npos;
}

// Not `x.name(`, nor a function of the system's, `::name(`, or of a library's, `std::name(`.
bool calls_function(std::string_view text, const std::vector<Token>& tokens, std::size_t at) {
  if (at + 1 == tokens.size() || tokens[at + 1].text != "(") return false;
  if (std::islower(static_cast<unsigned char>(tokens[at].text[0])) == 0) return false;
  const std::string_view before = text.substr(0, tokens[at].position);
  if (!before.ends_with("::")) return !before.ends_with('.') && !before.ends_with("->");
  // Of a qualified name the first word says whose it is.
  static const Names foreign = {"std", "fs",      "asio", "beast", "boost",
                                "ssl", "httplib", "CLI",  "spdlog"};
  std::size_t first = at;
  while (first >= 3 && tokens[first - 1].text == ":" && is_word(tokens[first - 3].text[0]))
    first -= 3;
  return first != at && !foreign.contains(tokens[first].text);
}

// Not a member, `x.kName`, nor a name of a library's, `CLI::App` or `MetricType::Counter`.
bool is_used(std::string_view text, const Token& token) {
  if (!is_type(token.text) && !is_constant(token.text)) return false;
  const std::string_view before = text.substr(0, token.position);
  return !before.ends_with('.') && !before.ends_with("->") && !before.ends_with("CLI::") &&
         !before.ends_with("MetricType::");
}

Text text_of(const SourceFile& file) {
  static const Names keywords = {"class", "struct", "enum", "using", "concept", "typename"};
  Text result;
  const std::string include = "#include \"";
  for (const std::string& line : file.lines)
    if (line.starts_with(include))
      result.includes.insert(line.substr(include.size(), line.rfind('"') - include.size()));
  const std::string text = blank_out(file.lines);
  const std::vector<Token> tokens = tokens_in(text);
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (keywords.contains(tokens[at].text)) add_declared_type(tokens, at, result.declared);
    if (declares_constant(tokens, at)) result.declared.emplace(tokens[at].text);
    if (declares_variable(text, tokens, at)) result.declared.emplace(tokens[at].text);
    if (offers_function(text, tokens, at)) result.offered.emplace(tokens[at].text);
    if (is_used(text, tokens[at]) || calls_function(text, tokens, at))
      result.used.emplace(tokens[at].text);
  }
  for (const std::string& name : result.declared)
    if (is_type(name) || is_constant(name)) result.offered.insert(name);
  return result;
}

using Texts = std::map<std::string, Text>;

Texts all_texts() {
  Texts texts;
  for (const SourceFile& file : all_files())
    if (is_cpp(file) && !is_in(file.path, "tests") && !is_in(file.path, "fuzz"))
      texts[file.path] = text_of(file);
  return texts;
}

// `path`, what it includes, and what that includes.
void add_reached(const Texts& texts, const std::string& path, Names& reached) {
  const auto found = texts.find(path);
  if (found == texts.end() || !reached.insert(path).second) return;
  for (const std::string& header : found->second.includes) add_reached(texts, header, reached);
}

/// Names that `path` uses, that headers declare, and that nothing it reaches declares.
Names missing_in(const Texts& texts, const std::map<std::string, Names>& headers_of,
                 const std::string& path) {
  Names reached;
  Names missing;
  add_reached(texts, path, reached);
  for (const std::string& name : texts.at(path).used) {
    bool declared = !headers_of.contains(name);
    for (auto at = reached.begin(); !declared && at != reached.end(); ++at)
      declared = texts.at(*at).declared.contains(name);
    if (!declared) missing.insert(name);
  }
  return missing;
}

std::map<std::string, Names> headers_of_names(const Texts& texts) {
  std::map<std::string, Names> headers;
  for (const auto& [path, text] : texts)
    for (const std::string& name : text.offered)
      if (path.ends_with(".h")) headers[name].insert(path);
  return headers;
}

TEST(OwnIncludes, ReachWhateverAFileUses) {
  const Texts texts = all_texts();
  ASSERT_GT(texts.size(), 100u);
  const auto headers_of = headers_of_names(texts);
  for (const auto& [path, text] : texts)
    for (const std::string& name : missing_in(texts, headers_of, path))
      ADD_FAILURE() << path << " uses " << name
                    << " and includes nothing that declares it, such as "
                    << *headers_of.at(name).begin();
}

Text text_with(const std::string& include, const std::string& line) {
  return text_of({"x.cc", {"#include \"" + include + "\"", line}});
}

TEST(OwnIncludes, AreMissedWhereTheyAreMissing) {
  Texts texts;
  texts["a.h"] =
      text_with("b.h", "class [[nodiscard]] Wide : Far { enum class Way { kUp, kDown = 2 }; };");
  texts["b.h"] = text_with("none.h", "inline constexpr int kFew = 3; struct Far; int kMany[3];");
  texts["c.h"] = text_with("none.h", "Result<int> count_all(Far& far);");
  texts["good.cc"] =
      text_with("a.h", "Wide w{kFew, Way::kUp, x.kOther, kMany, CLI::App, T}; Far* f;");
  texts["poor.cc"] = text_with("b.h", "Wide w{kFew, kDown}; return far::count_all(fs::count(x));");
  const auto headers_of = headers_of_names(texts);
  EXPECT_EQ(missing_in(texts, headers_of, "good.cc"), Names{});
  EXPECT_EQ(missing_in(texts, headers_of, "poor.cc"), (Names{"Wide", "count_all", "kDown"}));
}

}  // namespace
}  // namespace varve::tidy
