// Whether an event is JSON, by the grammar of RFC 8259 and nothing else. A parser that makes values
// out of the text would also refuse what it has no value for: a number past 64 bits or past 1e308,
// half a surrogate pair in an escape.
#pragma once

#include <cstdint>
#include <string_view>

namespace varve::collect {

enum class JsonText : std::uint8_t {
  kNone,   // not JSON
  kOther,  // a string, a number, a word
  kArray,
  kObject,
  kFhirResource,  // an object with a text as its member "resourceType"
};

/// What all of `text` is. Cost: one pass, and a byte for each level of nesting.
/// Source: RFC 8259; RFC 3629 for the UTF-8 that it demands
JsonText kind_of_json(std::string_view text);

}  // namespace varve::collect
