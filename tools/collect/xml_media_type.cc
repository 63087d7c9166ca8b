// XML by pugixml, which expands no entities of a DTD.
#include <pugixml.hpp>
#include <string>

#include "tools/collect/media_type.h"

namespace varve::collect {
namespace {

constexpr std::string_view kFhirNamespace = "http://hl7.org/fhir";

std::string_view namespace_of(const pugi::xml_node& element) {
  const std::string_view name = element.name();
  const std::size_t colon = name.find(':');
  const std::string attribute =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  return element.attribute(attribute.c_str()).value();
}

}  // namespace

std::string_view media_type_of_xml(Bytes document) {
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size(), pugi::parse_minimal)) return kText;
  const pugi::xml_node root = parsed.document_element();
  return namespace_of(root) == kFhirNamespace ? kFhirXml : kXml;
}

}  // namespace varve::collect
