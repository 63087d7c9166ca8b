// Deterministic simulation: the real ledger code on a disk, a clock and a token that misbehave.
//   VARVE_SIM_SEEDS=100000 build/tests/sim_test          a long run
//   VARVE_SIM_SEED=4711 build/tests/sim_test             one seed again
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/directories.h"
#include "tests/sim/sim_world.h"

namespace varve::sim {
namespace {

constexpr unsigned kRotsOfAWorld = 8;
constexpr std::uint64_t kSeedsOfAWorldThatRots = 20;  // of so many seeds one

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

void expect_unbroken(std::uint64_t seed) {
  World world(seed);
  const auto broken = world.run();
  EXPECT_FALSE(broken) << *broken << "\n  again: VARVE_SIM_SEED=" << seed
                       << " build/tests/sim_test";
}

TEST(Simulation, WhateverFailsNothingAcknowledgedIsLostAndNoTwoCheckpointsDisagree) {
  if (const std::uint64_t seed = from_environment("VARVE_SIM_SEED", 0); seed != 0)
    return expect_unbroken(seed);
  const std::uint64_t seeds = from_environment("VARVE_SIM_SEEDS", 2'000);
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) expect_unbroken(seed);
}

// Each world has its honest life first; then its files rot, one after the other.
TEST(Simulation, WhateverRotsNothingWrongIsServed) {
  const auto expect_truth = [](std::uint64_t seed) {
    World world(seed);
    ASSERT_FALSE(world.run());
    const auto broken = world.rot(kRotsOfAWorld);
    EXPECT_FALSE(broken) << *broken << "\n  again: VARVE_SIM_SEED=" << seed
                         << " build/tests/sim_test";
  };
  if (const std::uint64_t seed = from_environment("VARVE_SIM_SEED", 0); seed != 0)
    return expect_truth(seed);
  const std::uint64_t seeds = from_environment("VARVE_SIM_SEEDS", 2'000) / kSeedsOfAWorldThatRots;
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) expect_truth(seed);
}

// A seed that found something is kept for ever, with what it found, in kept_seeds.
TEST(Simulation, RunsTheSeedsThatWereKept) {
  std::ifstream kept(source_file("tests/sim/kept_seeds"));
  ASSERT_TRUE(kept);
  for (std::string line; std::getline(kept, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    World world(std::stoull(line));
    const auto broken = world.run();
    EXPECT_FALSE(broken) << line << ": " << *broken;
    if (broken) continue;
    const auto rotten = world.rot(kRotsOfAWorld);
    EXPECT_FALSE(rotten) << line << ": " << *rotten;
  }
}

TEST(Simulation, OfTheSameSeedWritesTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World first(seed);
    World second(seed);
    EXPECT_EQ(first.run(), second.run());
    EXPECT_EQ(first.digest(), second.digest()) << seed;
  }
}

}  // namespace
}  // namespace varve::sim
