// RFC 8259, strictly, into a tree that keeps the order, the spelling of numbers and both of two
// members of one name. ledger/format/json.h keeps none of these: it reads a server's answers.
#include <set>

#include "ledger/base/visible.h"
#include "ledger/events/tree.h"

namespace varve::events {
namespace {

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : rest_(text), size_(text.size()) {}

  Result<Node> document() {
    Node root;
    RETURN_IF_ERROR(value(root, 0));
    skip_blanks();
    if (!rest_.empty()) return wrong("something follows the value");
    return root;
  }

 private:
  Error wrong(const std::string& what) const {
    return invalid("not JSON at byte " + std::to_string(size_ - rest_.size()) + ": " + what);
  }

  void skip_blanks() {
    const std::size_t end = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  bool eat(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  Result<void> value(Node& out, std::size_t depth) {
    skip_blanks();
    if (depth > kDepthMax) return wrong("nested too deep");
    if (rest_.starts_with('{')) return members(out, depth);
    if (rest_.starts_with('[')) return elements(out, depth);
    if (rest_.starts_with('"')) return string(out.text);
    if (rest_.starts_with('-') || (!rest_.empty() && is_digit(rest_.front()))) return number(out);
    for (const auto& [word, kind] : {std::pair{"true", Node::Kind::kBoolean},
                                     {"false", Node::Kind::kBoolean},
                                     {"null", Node::Kind::kNull}}) {
      if (!eat(word)) continue;
      out.kind = kind;
      out.text = word;
      return {};
    }
    return wrong(rest_.empty() ? "it ends here" : "no value begins like this");
  }

  Result<void> members(Node& out, std::size_t depth) {
    out.kind = Node::Kind::kObject;
    eat("{");
    skip_blanks();
    if (eat("}")) return {};
    do {
      skip_blanks();
      Node& member = out.children.emplace_back();
      RETURN_IF_ERROR(string(member.name));
      skip_blanks();
      if (!eat(":")) return wrong("a colon is missing");
      RETURN_IF_ERROR(value(member, depth + 1));
      skip_blanks();
    } while (eat(","));
    if (!eat("}")) return wrong("an object does not end");
    mark_repeated(out);
    return {};
  }

  static void mark_repeated(Node& object) {
    std::set<std::string_view> once;
    std::set<std::string_view> twice;
    for (const Node& member : object.children)
      if (!once.insert(member.name).second) twice.insert(member.name);
    if (twice.empty()) return;
    for (Node& member : object.children)
      if (twice.contains(member.name)) mark(member);
  }

  static void mark(Node& node) {
    node.is_ambiguous = true;
    for (Node& below : node.children) mark(below);
  }

  Result<void> elements(Node& out, std::size_t depth) {
    out.kind = Node::Kind::kList;
    eat("[");
    skip_blanks();
    if (eat("]")) return {};
    do {
      RETURN_IF_ERROR(value(out.children.emplace_back(), depth + 1));
      skip_blanks();
    } while (eat(","));
    if (!eat("]")) return wrong("a list does not end");
    return {};
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool digits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() < before;
  }

  Result<void> number(Node& out) {
    out.kind = Node::Kind::kNumber;
    const std::string_view begin = rest_;
    eat("-");
    if (!eat("0") && !digits()) return wrong("a number without digits");
    if (eat(".") && !digits()) return wrong("a fraction without digits");
    if (eat("e") || eat("E")) {
      if (!eat("+")) eat("-");
      if (!digits()) return wrong("an exponent without digits");
    }
    out.text = begin.substr(0, begin.size() - rest_.size());
    return {};
  }

  Result<void> string(std::string& out) {
    if (!eat("\"")) return wrong("a text is expected");
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') {
        RETURN_IF_ERROR(escape(out));
        continue;
      }
      const Utf8Character next = first_character(rest_);
      if (next.length == 0) return wrong("not UTF-8");
      if (next.number < 0x20) return wrong("a control character inside a text");
      out.append(rest_.substr(0, next.length));
      rest_.remove_prefix(next.length);
    }
    if (!eat("\"")) return wrong("a text does not end");
    return {};
  }

  Result<void> escape(std::string& out) {
    constexpr std::string_view kShort = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    rest_.remove_prefix(1);
    if (rest_.empty()) return wrong("it ends here");
    const std::size_t at = kShort.find(rest_.front());
    if (at != std::string_view::npos) {
      out += kMeant[at];
      rest_.remove_prefix(1);
      return {};
    }
    if (!eat("u")) return wrong("an unknown escape");
    ASSIGN_OR_RETURN(char32_t number, unit());
    if (number >= 0xdc00 && number <= 0xdfff) return wrong("half of a character");
    if (number >= 0xd800 && number <= 0xdbff) {
      if (!eat("\\u")) return wrong("half of a character");
      ASSIGN_OR_RETURN(const char32_t low, unit());
      if (low < 0xdc00 || low > 0xdfff) return wrong("half of a character");
      number = 0x10000 + ((number - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, number);
    return {};
  }

  Result<char32_t> unit() {
    if (rest_.size() < 4) return wrong("it ends here");
    char32_t number = 0;
    for (const char c : rest_.substr(0, 4)) {
      constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
      const std::size_t at = kDigits.find(c);
      if (at == std::string_view::npos) return wrong("an escape without four digits");
      number = number << 4 | static_cast<char32_t>(at < 16 ? at : at - 6);
    }
    rest_.remove_prefix(4);
    return number;
  }

  static void append_utf8(std::string& out, char32_t n) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (n >> shift & 0x3f)); };
    if (n < 0x80) {
      out += static_cast<char>(n);
    } else if (n < 0x800) {
      out += static_cast<char>(0xc0 | n >> 6);
      tail(0);
    } else if (n < 0x10000) {
      out += static_cast<char>(0xe0 | n >> 12);
      tail(6);
      tail(0);
    } else {
      out += static_cast<char>(0xf0 | n >> 18);
      tail(12);
      tail(6);
      tail(0);
    }
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

Result<Node> parse_json(std::string_view text) {
  return JsonParser(text).document();
}

}  // namespace varve::events
