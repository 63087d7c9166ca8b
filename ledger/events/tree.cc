// Finding, taking, and telling what was not taken.
#include "ledger/events/tree.h"

#include <map>

namespace varve::events {
namespace {

const char* reason_of(const Node& leaf) {
  return leaf.is_ambiguous ? "this name occurs twice, so neither is read"
                           : "no field of the view holds this";
}

std::string place_of(const std::string& parent, const Node& node, std::size_t index,
                     bool is_repeated) {
  std::string place = parent;
  if (!node.name.empty()) place += (place.empty() ? "" : ".") + node.name;
  if (node.name.empty() || is_repeated) place += "[" + std::to_string(index) + "]";
  return place;
}

}  // namespace

Node* child(Node* parent, std::string_view name) {
  if (parent == nullptr || parent->kind != Node::Kind::kObject) return nullptr;
  Node* found = nullptr;
  for (Node& node : parent->children) {
    if (node.name != name) continue;
    if (found != nullptr || node.is_ambiguous) return nullptr;
    found = &node;
  }
  return found;
}

Node* descend(Node* from, std::string_view path) {
  while (from != nullptr && !path.empty()) {
    const std::size_t dot = path.find('.');
    from = child(from, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return from;
}

std::string take(Node* leaf) {
  if (leaf == nullptr || !leaf->is_leaf()) return {};
  leaf->is_taken = true;
  return leaf->kind == Node::Kind::kNull ? std::string() : leaf->text;
}

std::string take(Node* parent, std::string_view path) {
  return take(descend(parent, path));
}

std::string_view peek(Node* parent, std::string_view path) {
  const Node* leaf = descend(parent, path);
  const bool has_text = leaf != nullptr && leaf->is_leaf() && leaf->kind != Node::Kind::kNull;
  return has_text ? std::string_view(leaf->text) : std::string_view{};
}

std::optional<bool> take_bool(Node* leaf) {
  if (leaf == nullptr || !leaf->is_leaf()) return std::nullopt;
  const bool is_true = leaf->text == "true" || leaf->text == "1";
  if (!is_true && leaf->text != "false" && leaf->text != "0") return std::nullopt;
  leaf->is_taken = true;
  return is_true;
}

void add_leaf(Node& object, std::string name, std::string text) {
  Node leaf;
  leaf.name = std::move(name);
  leaf.text = std::move(text);
  object.children.push_back(std::move(leaf));
}

void mark_repeated(Node& object) {
  std::map<std::string_view, Node*> first;
  for (Node& node : object.children) {
    const auto [at, is_new] = first.try_emplace(node.name, &node);
    if (!is_new) node.is_ambiguous = at->second->is_ambiguous = true;
  }
}

void for_each(Node* parent, std::string_view name, const std::function<void(Node&)>& visit) {
  if (parent == nullptr || parent->kind != Node::Kind::kObject) return;
  for (Node& node : parent->children) {
    if (node.name != name || node.is_ambiguous) continue;
    if (node.kind != Node::Kind::kList)
      visit(node);
    else
      for (Node& element : node.children) visit(element);
  }
}

void add_gaps(const Node& node, const std::string& place, Extraction& out) {
  if (node.is_taken) return;
  if (node.is_leaf()) {
    if (node.kind != Node::Kind::kNull && !node.text.empty())
      out.add_gap(place.empty() ? "payload" : place, reason_of(node));
    return;
  }
  std::map<std::string_view, std::size_t> names;
  for (const Node& each : node.children) ++names[each.name];
  std::map<std::string_view, std::size_t> seen;
  for (const Node& each : node.children)
    add_gaps(each, place_of(place, each, seen[each.name]++, names[each.name] > 1), out);
}

}  // namespace varve::events
