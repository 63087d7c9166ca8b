// What one value is found by. What an event says and what somebody asks both become terms, and one that both
// have is a match: the same for who reads every record and for an index.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::search {

/// How much of the value the text is.
enum class Whole : std::uint8_t {
  kYes,  // all of it, with its system if it has one
  kAny,  // the value, whatever its system or, in HL7's spelling, its authority
};

struct Term {
  Whole whole = Whole::kYes;
  std::string text;
  auto operator<=>(const Term&) const = default;
};

/// The one spelling that values are compared in. HL7's "7^^^WARD&1.2.3&ISO^MR" becomes FHIR's
/// "urn:oid:1.2.3|7", and "Patient/7/_history/2" is "Patient/7". All else stays: case and blanks count.
std::string canonical(std::string_view value);

/// Of a value that an event says: each once.
std::vector<Term> terms_said(std::string_view value);

/// Of a value that is asked for. An event answers that says one of them:
///   "system|value"  exactly that
///   "|value"        that value, of no system
///   "value"         that value, whatever its system or authority
std::vector<Term> terms_asked(std::string_view value);

}  // namespace varve::search
