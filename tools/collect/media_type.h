// Which media type an event gets. The name of a file proposes, its content decides: a media type
// never claims what the bytes are not, and bytes that are not what they seem go in as text.
#pragma once

#include <string_view>

#include "ledger/base/bytes.h"

namespace varve::collect {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kFhirJson = "application/fhir+json";
inline constexpr std::string_view kXml =
    "application/xml";  // an ATNA AuditMessage too: PS3.15 names none
inline constexpr std::string_view kFhirXml = "application/fhir+xml";
inline constexpr std::string_view kText = "text/plain";

// A byte order mark at the beginning changes nothing. Thread: any.

/// kFhirJson for a JSON object with a resourceType, kJson for another JSON object, else kText.
std::string_view media_type_of_line(Bytes line);
/// As media_type_of_line for JSON (arrays too); kFhirXml or kXml for well-formed XML; else kText.
std::string_view media_type_of_document(Bytes document);
/// kFhirXml when the root is in FHIR's namespace, kXml when it is any other, kText when it is not
/// well-formed. Source: https://hl7.org/fhir/R4/xml.html
std::string_view media_type_of_xml(Bytes document);

}  // namespace varve::collect
