// Which media type an event gets. The name of a file proposes, its content decides: a media type
// never claims what the bytes are not, and bytes that are not what they seem go in as text.
#pragma once

#include <memory>
#include <string_view>

#include "ledger/base/bytes.h"

namespace varve::collect {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kFhirJson = "application/fhir+json";
inline constexpr std::string_view kXml =
    "application/xml";  // an ATNA AuditMessage too: PS3.15 names none
inline constexpr std::string_view kFhirXml = "application/fhir+xml";
inline constexpr std::string_view kText = "text/plain";

/// Owns a JSON parser, so that one allocation serves many events. Thread: one.
class MediaTypes {
 public:
  MediaTypes();
  ~MediaTypes();
  MediaTypes(const MediaTypes&) = delete;
  MediaTypes& operator=(const MediaTypes&) = delete;

  /// kFhirJson for a JSON object with a resourceType, kJson for another JSON object, else kText.
  std::string_view of_line(Bytes line);
  /// As of_line for JSON (arrays too); kFhirXml or kXml for well-formed XML; else kText.
  std::string_view of_document(Bytes document);

 private:
  std::string_view of_json(Bytes bytes, bool arrays_too);

  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// kFhirXml when the root is in FHIR's namespace, kXml when it is any other, kText when it is not
/// well-formed. Source: https://hl7.org/fhir/R4/xml.html
std::string_view media_type_of_xml(Bytes document);

}  // namespace varve::collect
