// JSON by simdjson: the whole event is validated, nothing of it is kept or rewritten.
#include "tools/collect/media_type.h"

#include <simdjson.h>

namespace varve::collect {
namespace {

char first_character(Bytes bytes) {
  std::string_view text = text_of(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : text[at];
}

}  // namespace

struct MediaTypes::Parser {
  simdjson::dom::parser json;
};

MediaTypes::MediaTypes() : parser_(std::make_unique<Parser>()) {}
MediaTypes::~MediaTypes() = default;

std::string_view MediaTypes::of_json(Bytes bytes, bool arrays_too) {
  simdjson::dom::element root;
  const std::string_view text = text_of(bytes);
  if (parser_->json.parse(text.data(), text.size(), true).get(root) != simdjson::SUCCESS)
    return kText;
  if (root.is_array()) return arrays_too ? kJson : kText;
  if (!root.is_object()) return kText;
  std::string_view resource;
  return root["resourceType"].get(resource) == simdjson::SUCCESS ? kFhirJson : kJson;
}

std::string_view MediaTypes::of_line(Bytes line) {
  return first_character(line) == '{' ? of_json(line, false) : kText;
}

std::string_view MediaTypes::of_document(Bytes document) {
  switch (first_character(document)) {
    case '{':
    case '[':
      return of_json(document, true);
    case '<':
      return media_type_of_xml(document);
    default:
      return kText;
  }
}

}  // namespace varve::collect
