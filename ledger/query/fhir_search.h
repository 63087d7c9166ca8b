// A question as clients of FHIR ask it: the parameters of IHE ITI-81 "Retrieve ATNA Audit Event", in the older
// spelling and in that of BALP, and the reading of docs/senders/fhir.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/query/query.h"

namespace varve::query {

inline constexpr std::size_t kFhirParametersMax = 2'048;  // bytes of all that decide what is found
inline constexpr std::size_t kFhirParameterCountMax = 32;

/// One that was sent. It may be sent again, and then both hold.
struct FhirParameter {
  std::string name;  // with its modifier
  std::string value;
  bool is_in_url = false;  // which proxies and browsers keep
};

struct FhirSearch {
  Query query;      // with the bytes of records; its `conditions` and `cursor` stay empty:
                    // a cursor holds `used`
  Parameters used;  // all that decide what is found, as they were sent
  bool names_a_person = false;  // one of them may
  std::size_t ignored = 0;      // parameters
  bool counts = false;          // how many there are, instead of which
  bool wants_xml = false;
  std::optional<std::string> id;  // of one record
  std::string cursor;             // then there are no others but the format
};

/// `lenient`: parameters that nobody knows are ignored; else they are refused. A modifier of a known one always is.
/// Errors: kInvalid  says of which parameter. No value, and no unknown name, is in the message.
Result<FhirSearch> parse_fhir_search(const std::vector<FhirParameter>& parameters, bool lenient);

/// What is told of them, for the CapabilityStatement.
struct FhirParameterName {
  std::string_view name;
  std::string_view type;  // of FHIR's search parameters
};
std::vector<FhirParameterName> fhir_parameter_names();

/// What a cursor holds: a place, and the question.
struct FhirCursor {
  LeafIndex at;
  Parameters used;
};
/// A multiple of 256 bytes: its size tells little of what is asked.
Buffer encode_fhir_cursor(const FhirCursor& cursor);
/// Errors: kInvalid
Result<FhirCursor> decode_fhir_cursor(Bytes bytes);

}  // namespace varve::query
