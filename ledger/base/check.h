// CHECK: an invariant that only a programmer's mistake can break. Always on. Operating errors
// (bad input, a full disk, a missing token) are values of type Error, never a CHECK.
#pragma once

namespace varve {

/// Prints the broken invariant and its place to stderr, then aborts. Never prints data.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace varve

#define CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::varve::check_failed(#expression, __FILE__, __LINE__))
