// Every lie into which one value of a JSON answer can be turned.
#pragma once

#include <string>
#include <vector>

namespace varve::verify {

struct Lie {
  std::string where;  // "events[0].index"
  std::string what;   // what it was turned into
  std::string json;   // the whole answer
};

/// Requires JSON as this project writes it: no white space between values. Each value of each
/// object and array, turned into others of its type (numbers at 0, 1, 2^63, 2^64 - 1 and beyond;
/// texts cut, grown, and with characters that a terminal obeys; arrays cut, grown, turned round),
/// into other types, left out, and there twice.
std::vector<Lie> lies_of(const std::string& json);

}  // namespace varve::verify
