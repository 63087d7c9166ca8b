// A scanner with a state per kind of text, and a walk over the braces that are left.
#include "cpp_text.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace varve::tidy {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

namespace {

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

// Blanks comments and literals of `text_` in place, front to back.
class Blanker {
 public:
  explicit Blanker(std::string text) : text_(std::move(text)) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(text_);
  }

 private:
  void step() {
    if (looking_at("//")) return blank_line();
    if (looking_at("/*")) return blank_until("*/", 2);
    if (looking_at("R\"")) return blank_raw_string();
    if (text_[at_] == '"') return blank_quoted('"');
    if (text_[at_] == '\'' && !(at_ > 0 && is_word(text_[at_ - 1]))) return blank_quoted('\'');
    if (text_[at_] == '#' && first_on_line()) return blank_line();
    ++at_;
  }

  [[nodiscard]] bool looking_at(std::string_view what) const {
    return text_.compare(at_, what.size(), what) == 0;
  }

  [[nodiscard]] bool first_on_line() const {
    for (std::size_t i = at_; i-- > 0 && text_[i] != '\n';)
      if (text_[i] != ' ') return false;
    return true;
  }

  // To the end of the line, and on where a backslash continues it.
  void blank_line() {
    for (; at_ < text_.size(); blank_one()) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n')
        blank_one();
      else if (text_[at_] == '\n')
        return;
    }
  }

  void blank_until(const std::string& end, std::size_t opening) {
    const std::size_t found = text_.find(end, at_ + opening);
    const std::size_t stop = found == std::string::npos ? text_.size() : found + end.size();
    while (at_ < stop) blank_one();
  }

  void blank_raw_string() {
    const std::size_t parenthesis = text_.find('(', at_);
    if (parenthesis == std::string::npos) return blank_line();
    const std::string delimiter = text_.substr(at_ + 2, parenthesis - at_ - 2);
    blank_until(")" + delimiter + "\"", parenthesis - at_);
  }

  void blank_quoted(char quote) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      if (text_[at_] == '\\') blank_one();
      blank_one();
    }
    ++at_;
  }

  void blank_one() {
    if (at_ < text_.size() && text_[at_] != '\n') text_[at_] = ' ';
    ++at_;
  }

  std::string text_;
  std::size_t at_ = 0;
};

// What a brace opens, judged by the text since the last ';', '{' or '}'.
bool opens_scope(const std::string& before) {
  static const std::regex scope(
      R"(^\s*(template\s*<[^{]*>\s*)?(inline\s+)?(namespace|class|struct|union|enum|extern)\b)");
  static const std::regex returns_one(R"(^[^<]*\b(class|struct|union|enum)\b[^:]*\()");
  return std::regex_search(before, scope) && !std::regex_search(before, returns_one);
}

bool opens_function(const std::string& before) {
  return before.find('(') != std::string::npos;
}

class FunctionWalk {
 public:
  explicit FunctionWalk(const std::string& text) : text_(text) {}

  std::vector<Function> run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ';' || c == '}') start_ = at_ + 1;
      if (c == '{') open();
    }
    return std::move(found_);
  }

 private:
  void open() {
    const std::string before = text_.substr(start_, at_ - start_);
    if (opens_scope(before)) {
      start_ = at_ + 1;
      return;
    }
    skip_block();
    const std::size_t next = text_.find_first_not_of(" \n", at_ + 1);
    const bool more = next != std::string::npos && (text_[next] == ',' || text_[next] == '{');
    if (more) return;  // a member initialiser: the body is still to come
    if (opens_function(before)) note_function(before);
    start_ = at_ + 1;
  }

  // Leaves at_ on the brace that closes the one it is on.
  void skip_block() {
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '{') ++depth;
      if (text_[at_] == '}' && --depth == 0) return;
    }
  }

  void note_function(const std::string& before) {
    const std::size_t begin = text_.find_first_not_of(" \n", start_);
    const auto count = [&](std::size_t from, std::size_t to) {
      return static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(from),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(to),
                                                 '\n'));
    };
    const std::size_t first = before.find_first_not_of(" \n");
    found_.push_back({before.substr(first, before.find('(') - first), 1 + count(0, begin),
                      1 + count(begin, at_)});
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // of the declaration that is being read
  std::vector<Function> found_;
};

}  // namespace

std::string blank_out(const std::vector<std::string>& lines) {
  return Blanker(join(lines)).run();
}

std::vector<Function> functions_in(const std::string& blanked) {
  return FunctionWalk(blanked).run();
}

}  // namespace varve::tidy
