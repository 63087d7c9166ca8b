// The few documents of FHIR that the server itself writes, in JSON or in XML as who asks prefers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"

namespace varve::api {

/// An element of a resource; all primitives here are texts. Elements of one name stand side by side. A
/// resource within an element is its only child, and has its type as its name.
struct FhirElement {
  std::string_view name;
  std::string value;                  // of a primitive
  std::vector<FhirElement> children;  // of any other
  bool repeats = false;               // may occur more than once: a list in JSON
};

/// `resource`: its name is its type. In the format of the request's Accept, else of its body.
Response fhir_response(int status, const Request& request, const FhirElement& resource);

/// `severity` and `code`: of FHIR's value sets. `text`: never payload.
FhirElement operation_outcome(std::string_view severity, std::string_view code, std::string text);
/// The code for what is refused with that status.
std::string_view issue_code(int status);

/// A refusal as a client of FHIR reads it: the same status and headers, an OperationOutcome as body. Any
/// other response stays as it is.
Response in_fhir(const Request& request, Response response);

}  // namespace varve::api
