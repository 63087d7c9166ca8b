// Just enough understanding of C++ to check rules on it: comments and literals blanked out, and
// where each function begins and ends. Not a parser; functions_test.cc says what it gets right.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace varve::tidy {

/// A letter of ASCII, a digit or an underscore.
bool is_word(char c);

/// `lines` joined by newlines, with comments, the content of literals and preprocessor lines
/// replaced by spaces: same length, same lines.
std::string blank_out(const std::vector<std::string>& lines);

struct Function {
  std::string name;       // the text before its parameters, for messages
  std::size_t line = 0;   // of its first line, counted from 1
  std::size_t lines = 0;  // first line to closing brace, both counted
};

/// Functions at namespace or class scope. Lambdas and local classes count to what they are in.
std::vector<Function> functions_in(const std::string& blanked);

}  // namespace varve::tidy
