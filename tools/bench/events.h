// Audit events as hospitals' systems write them, in JSON, of a given size; the same in every run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace varve::bench {

/// SplitMix64: fast, and repeatable, which is what a benchmark wants of chance.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t most) { return next() % most; }

 private:
  std::uint64_t state_;
};

/// A JSON object of exactly `size` bytes, at least 300. A fifth of it is random identifiers, which
/// nothing compresses.
std::string make_event(std::size_t size, Chance& chance);

}  // namespace varve::bench
