// A source of time speaks as the type that the policy names it for.
#include <gtest/gtest.h>

#include "true_world.h"

namespace varve::rules {
namespace {

const Hash kFirstSource = hash_of(11);
const Hash kOtherSource = hash_of(12);

void pass_days(TrueWorld& world, std::uint64_t days) {
  for (std::uint64_t k = 0; k < days; ++k) {
    world.run(kDay);
    ASSERT_TRUE(world.clock());
  }
  world.append();
}

Stamp said_by(TrueWorld& world, const Hash& source) {
  const TreeSize size = world.size();
  return {world.append().index, source, world.now_us, 1'000'000, size, true};
}

// Whoever speaks as another type than the policy says is not named, and is named again from when it says so.
TEST(SourceTypes, NameASourceAsTheTypeThatItSpeaksAs) {
  using enum format::SourceType;
  for (const auto named : {kTimestamp, kWitness}) {
    TrueWorld world;
    world.append();
    PolicyAct policy;
    policy.signers.active_key = true;
    policy.policy.quorum = 2;
    policy.policy.sources = {{"a", kFirstSource, named}, {"b", kOtherSource, named}};
    ASSERT_TRUE(world.take(policy));
    ASSERT_TRUE(world.clock());
    pass_days(world, 31);
    const auto act = [&](format::SourceType a, format::SourceType b) {
      std::vector<Stamp> both{said_by(world, kFirstSource), said_by(world, kOtherSource)};
      both[0].type = a;
      both[1].type = b;
      return world.clock_act(evidence_of(both), both);
    };
    const auto other = named == kWitness ? kTimestamp : kWitness;
    const auto breaks = [&](int number, const ClockAct& next) {
      ClockAct placed = next;
      placed.place = world.next_place();
      const auto broken = first_broken(rules_for(placed), world.log, placed);
      return broken && broken->rule == number;
    };
    EXPECT_TRUE(world.takes(act(named, named)));
    EXPECT_TRUE(breaks(4, act(named, other)));
    EXPECT_TRUE(breaks(4, act(other, named)));
    PolicyAct turned{{}, world.log.policy(), {true, {}}};
    turned.policy.number += 1;
    turned.policy.previous = world.log.policy_place()->leaf;
    turned.policy.sources[1].type = other;
    turned.place = world.append();
    world.log.apply(turned);
    EXPECT_TRUE(breaks(5, act(named, other))) << "a source of another type waits again";
    EXPECT_TRUE(breaks(4, act(named, named)));
    pass_days(world, 33);
    EXPECT_TRUE(world.takes(act(named, other)));
  }
}

}  // namespace
}  // namespace varve::rules
