// JSON by its grammar: the whole event is looked at, nothing of it is kept or rewritten.
#include "tools/collect/media_type.h"

#include "tools/collect/json_text.h"

namespace varve::collect {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What a byte order mark is in front of. The mark is a part of the event, and none of its type.
std::string_view after_mark(Bytes bytes) {
  std::string_view text = text_of(bytes);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

char first_character(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : text[at];
}

}  // namespace

std::string_view media_type_of_line(Bytes line) {
  switch (kind_of_json(after_mark(line))) {
    case JsonText::kObject:
      return kJson;
    case JsonText::kFhirResource:
      return kFhirJson;
    default:
      return kText;
  }
}

std::string_view media_type_of_document(Bytes document) {
  const std::string_view text = after_mark(document);
  if (first_character(text) == '<') return media_type_of_xml(document);
  return kind_of_json(text) == JsonText::kArray ? kJson : media_type_of_line(document);
}

}  // namespace varve::collect
