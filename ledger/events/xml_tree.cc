// XML by expat, which is strict. A DTD stops the parser at its first byte, so no entity is ever
// declared, expanded or fetched.
#include <expat.h>

#include <memory>

#include "ledger/events/tree.h"

namespace varve::events {
namespace {

constexpr char kSeparator = '|';
constexpr std::string_view kValue = "value";
constexpr const char* kValueAttribute = "@value";  // until its element is closed

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using ParserHandle = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

struct XmlBuilder {
  XML_Parser parser = nullptr;
  std::string root_namespace;
  std::vector<Node> open;  // the root first; a closed element moves into its parent
  Node root;
  const char* refused = nullptr;

  void refuse(const char* why) {
    refused = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

std::string local_name(const XmlBuilder& builder, std::string_view name) {
  const std::size_t at = name.find(kSeparator);
  const bool has_namespace = at != std::string_view::npos;
  const std::string_view space = has_namespace ? name.substr(0, at) : std::string_view{};
  return std::string(space == builder.root_namespace ? name.substr(has_namespace ? at + 1 : 0)
                                                     : name);
}

void start_element(void* user, const XML_Char* name, const XML_Char** attributes) {
  auto& builder = *static_cast<XmlBuilder*>(user);
  if (builder.open.size() > kDepthMax) return builder.refuse("nested too deep");
  const std::string_view full = name;
  if (builder.open.empty() && full.find(kSeparator) != std::string_view::npos)
    builder.root_namespace = full.substr(0, full.find(kSeparator));
  Node element;
  element.kind = Node::Kind::kObject;
  element.name = builder.open.empty() ? std::string(full) : local_name(builder, full);
  for (; *attributes != nullptr; attributes += 2)
    element.children.push_back({Node::Kind::kText,
                                attributes[0] == kValue ? kValueAttribute : attributes[0],
                                attributes[1],
                                {}});
  builder.open.push_back(std::move(element));
}

/// The text gathered so far becomes a leaf, unless it is the blanks between elements.
void keep_text(Node& element) {
  const bool is_blank = element.text.find_first_not_of(" \t\r\n") == std::string::npos;
  if (!is_blank) element.children.push_back({Node::Kind::kText, "#text", element.text, {}});
  element.text.clear();
}

/// <a>x</a>, and FHIR's <a value="x"/>, are leaves. An element that is named "value" is another thing.
void simplify(Node& element) {
  if (element.children.size() > 1) {
    for (Node& each : element.children)
      if (each.name == kValueAttribute) each.name = kValue;
    return;
  }
  if (element.children.empty()) {
    element.kind = Node::Kind::kText;
    return;
  }
  Node& only = element.children.front();
  if (!only.is_leaf() || (only.name != "#text" && only.name != kValueAttribute)) return;
  element.kind = Node::Kind::kText;
  element.text = std::move(only.text);
  element.children.clear();
}

void end_element(void* user, const XML_Char*) {
  auto& builder = *static_cast<XmlBuilder*>(user);
  Node element = std::move(builder.open.back());
  builder.open.pop_back();
  keep_text(element);
  if (builder.open.empty()) {
    builder.root = std::move(element);
  } else {
    simplify(element);
    builder.open.back().children.push_back(std::move(element));
  }
}

void character_data(void* user, const XML_Char* text, int length) {
  auto& builder = *static_cast<XmlBuilder*>(user);
  builder.open.back().text.append(text, static_cast<std::size_t>(length));
}

void start_doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  static_cast<XmlBuilder*>(user)->refuse("it has a DTD");
}

}  // namespace

Result<Node> parse_xml(std::string_view text) {
  const ParserHandle parser(XML_ParserCreateNS(nullptr, kSeparator));
  CHECK(parser != nullptr && text.size() <= kPayloadMax);
  XmlBuilder builder;
  builder.parser = parser.get();
  XML_SetUserData(parser.get(), &builder);
  XML_SetElementHandler(parser.get(), start_element, end_element);
  XML_SetCharacterDataHandler(parser.get(), character_data);
  XML_SetStartDoctypeDeclHandler(parser.get(), start_doctype);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) ==
      XML_STATUS_OK)
    return std::move(builder.root);
  return invalid("not XML at byte " + std::to_string(XML_GetCurrentByteIndex(parser.get())) + ": " +
                 (builder.refused != nullptr ? builder.refused
                                             : XML_ErrorString(XML_GetErrorCode(parser.get()))));
}

}  // namespace varve::events
