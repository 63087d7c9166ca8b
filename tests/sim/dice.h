// Everything random in a simulation comes from one seed, so that a run can be repeated.
#pragma once

#include <cstdint>

#include "ledger/env/random.h"

namespace varve::sim {

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// 0 ... n - 1
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

class SimRandom final : public env::Random {
 public:
  explicit SimRandom(Dice& dice) : dice_(dice) {}
  void fill(MutableBytes out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(dice_.next());
  }

 private:
  Dice& dice_;
};

}  // namespace varve::sim
