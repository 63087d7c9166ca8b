// JSON and XML as one tree of named texts. Whoever reads a leaf takes it, and the leaves that
// nobody took are gaps: so a value that an extractor does not know cannot go missing silently.
// Private to this folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/events/extract.h"

namespace varve::events {

struct Node {
  enum class Kind : std::uint8_t { kText, kNumber, kBoolean, kNull, kObject, kList };

  Kind kind = Kind::kText;
  std::string name;  // empty: an element of a list
  std::string text;  // of a leaf; a number as it was spelled
  std::vector<Node> children;
  bool is_ambiguous = false;  // its object has two members of that name
  bool is_taken = false;

  [[nodiscard]] bool is_leaf() const { return kind < Kind::kObject; }
};

/// Errors: kInvalid  not JSON (RFC 8259), not UTF-8, deeper than kDepthMax.
Result<Node> parse_json(std::string_view text);
/// The root element. An attribute is a leaf; text beside attributes is a leaf "#text". The root, and an
/// element of another namespace than the root's, has it in its name, "namespace|name".
/// Errors: kInvalid  not well-formed, a DTD, deeper than kDepthMax.
Result<Node> parse_xml(std::string_view text);

/// The only child of that name. Null when there is none, or when there are several: then nobody
/// takes them, and they are gaps.
Node* child(Node* parent, std::string_view name);
/// Walks a path of names, "userIdentity.arn".
Node* descend(Node* from, std::string_view path);
/// The text of a leaf, which is now taken. Empty when there is none, it is null, or not a leaf.
std::string take(Node* leaf);
std::string take(Node* parent, std::string_view path);
/// The same without taking it. It lives as long as the tree.
std::string_view peek(Node* parent, std::string_view path);
/// "true", "1", "false" or "0". None, and nothing is taken, when it is another text.
std::optional<bool> take_bool(Node* leaf);
/// Calls with each child of that name: the elements of a list (JSON), or the repeated elements (XML).
void for_each(Node* parent, std::string_view name, const std::function<void(Node&)>& visit);
/// For the readers of lines: a leaf more, and, behind the last one, which names occur twice.
void add_leaf(Node& object, std::string name, std::string text);
void mark_repeated(Node& object);
/// Lists the leaves below `node` that nobody took.
void add_gaps(const Node& node, const std::string& place, Extraction& out);

}  // namespace varve::events
