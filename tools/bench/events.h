// Audit events as hospitals' systems write them, in JSON, of a given size; the same in every run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace varve::bench {

inline constexpr double kRecordOverhead = 60;  // bytes a record has beside its event

/// SplitMix64: fast, and repeatable, which is what a benchmark wants of chance.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t most) { return next() % most; }

 private:
  std::uint64_t state_;
};

/// A JSON object of exactly `size` bytes: at least 300, of which a fifth is random identifiers, which
/// nothing compresses; or as few as 40, which hold little but one of those.
std::string make_event(std::size_t size, Chance& chance);

/// Events to take from, so that making JSON does not take longer than appending it.
std::vector<std::string> event_pool(std::size_t size, std::size_t number);

}  // namespace varve::bench
