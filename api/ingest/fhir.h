// What a FHIR client sends to a repository of audit events: one AuditEvent, or a Bundle of them. An
// event is the AuditEvent as it was sent; of a Bundle, the slice of the body that is its entry:
//
//   {"resourceType":"Bundle","type":"batch","entry":[{"resource":{...},"request":{...}}, ...]}
//                                                    ^------------------------------^
//
// Source: IHE ITI-20 "Record Audit Event", Send Audit Resource and Send Audit Bundle; FHIR R4 and R5, "http"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::string_view kFhirJson = "application/fhir+json";
inline constexpr std::string_view kFhirXml = "application/fhir+xml";
inline constexpr std::size_t kFhirEntriesMax =
    16'384;  // an answer has a few hundred bytes for each

/// Why one entry of a Bundle is refused, while others may be taken.
struct FhirRefusal {
  int status = 0;      // as HTTP counts
  std::string reason;  // never what the body says
};

struct FhirEntry {
  std::string_view slice;  // a view into the body
  std::optional<FhirRefusal> refusal;
};

/// Checks that `body` is one AuditEvent in JSON: the object as JsonChecker asks. `body` grows while it is
/// read and has its size again afterwards.
/// Errors: kInvalid
Result<void> check_fhir_json(Buffer& body);

/// The same in XML: well-formed, without a document type, at most 64 levels.
/// Errors: kInvalid
Result<void> check_fhir_xml(Bytes body);

/// The entries of a Bundle of the type "batch", in JSON, in their order; 1 to kFhirEntriesMax. `body` as
/// above. `most`: bytes that a record holds of one.
/// Refused entries: 400  no AuditEvent, or its creation depends on others; 405  a request other than to
/// create; 413  larger than a record holds.
/// Errors: kInvalid  the body is no such Bundle as a whole.
Result<std::vector<FhirEntry>> parse_fhir_bundle(Buffer& body, std::size_t most);

/// Of the payload that holds an AuditEvent in JSON, alone or in an entry, the AuditEvent: a view. The payload is
/// checked as by JsonChecker: a batch's events were sealed by their source.
/// Errors: kInvalid  it holds none, or one that holds another resource.
Result<std::string_view> find_fhir_json(Bytes payload);

}  // namespace varve::api
