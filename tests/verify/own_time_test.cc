// When a mirror saw what first, as it is noted and thinned: later than it was, never earlier.
#include "ledger/verify/own_time.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace varve::verify {
namespace {

constexpr std::uint64_t kHour = 60 * format::kMinuteUs;

TEST(Sightings, AreThinnedToAboutOneADayAndTheNewest) {
  std::vector<format::Sighting> thinned;
  std::vector<format::Sighting> all;
  for (std::uint64_t hour = 0; hour <= 24 * 365; ++hour) {
    all.push_back({hour * kHour, hour * kHour / 1'000, TreeSize{10 * (hour + 1)}, {}});
    add_sighting(thinned, all.back());
    ASSERT_EQ(thinned.back(), all.back());
  }
  EXPECT_LT(thinned.size(), 400u);
  const OwnTime exact(all);
  const OwnTime noted(thinned);
  for (std::uint64_t record = 0; record < all.back().size.value; ++record) {
    const std::uint64_t then = *exact.first_seen_us(LeafIndex{record});
    const std::uint64_t now = *noted.first_seen_us(LeafIndex{record});
    ASSERT_LE(then, now);
    ASSERT_LE(now, then + format::kDayUs);
    ASSERT_EQ(noted.since_us(LeafIndex{record}), all.back().time_us - now);
  }
}

/// What can have passed since, at most, by all that is known: the steady clock, and a month where the
/// machine was started.
std::uint64_t bound_us(const std::vector<format::Sighting>& all, std::size_t from) {
  std::uint64_t bound = 0;
  for (std::size_t k = from; k + 1 < all.size(); ++k)
    bound += all[k].boot == all[k + 1].boot ? (all[k + 1].steady_ms - all[k].steady_ms) * 1'000
                                            : kSightingStepMaxUs;
  return bound;
}

/// Each sighting has one record more than the one before it.
void expect_no_older(const std::vector<format::Sighting>& thinned,
                     const std::vector<format::Sighting>& all) {
  const OwnTime noted(thinned);
  for (std::size_t record = 0; record < all.size(); ++record) {
    ASSERT_LE(noted.since_us(LeafIndex{record}), bound_us(all, record)) << record;
    for (std::size_t later = record + 1; later < all.size(); ++later) {
      const std::vector<format::Sighting> before(all.begin(),
                                                 all.begin() + static_cast<std::ptrdiff_t>(later));
      ASSERT_LE(noted.known_before_us(LeafIndex{record}, LeafIndex{later}),
                bound_us(before, record))
          << record << ", " << later;
    }
  }
}

// Whatever the clock does that can be set: nothing is older, or was known longer, than the machine ran.
TEST(Sightings, MakeNothingOlderThanTheMachineRan) {
  constexpr std::array<std::int64_t, 5> kWall{-2'000, 0, 1, 20, 2'000};  // hours
  constexpr std::array<std::int64_t, 3> kSteady{-1'000'000, 1, 20};  // the first: it was started
  constexpr std::size_t kPairs = kWall.size() * kSteady.size();
  for (std::size_t k = 0; k < kPairs * kPairs * kPairs * kPairs; ++k) {
    SCOPED_TRACE(k);
    format::Sighting now{1'000'000 * kHour, 500 * kHour / 1'000, TreeSize{1}, {}};
    std::vector<format::Sighting> all{now};
    std::vector<format::Sighting> thinned = all;
    for (std::size_t i = 0, rest = k; i < 4; ++i, rest /= kPairs) {
      const std::int64_t ran = kSteady[rest % kPairs / kWall.size()];
      now.time_us += static_cast<std::uint64_t>(kWall[rest % kWall.size()]) * kHour;
      if (ran < 0) ++now.boot;
      if (ran >= 0) now.steady_ms += static_cast<std::uint64_t>(ran) * kHour / 1'000;
      ++now.size.value;
      all.push_back(now);
      add_sighting(thinned, now);
    }
    expect_no_older(thinned, all);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(OwnTime, CountsAMonthAtMostAcrossAStartAndNothingBackwards) {
  const std::vector<format::Sighting> seen{{100 * format::kDayUs, 8, TreeSize{5}, {}, 1},
                                           {9'100 * format::kDayUs, 9, TreeSize{6}, {}, 2},
                                           {101 * format::kDayUs, 7, TreeSize{7}, {}, 3},
                                           {103 * format::kDayUs, 6, TreeSize{7}, {}, 4}};
  const OwnTime time(seen);
  EXPECT_EQ(time.since_us(LeafIndex{4}), 33 * format::kDayUs);
  EXPECT_EQ(time.since_us(LeafIndex{5}), 2 * format::kDayUs);
  EXPECT_EQ(time.since_us(LeafIndex{6}), 2 * format::kDayUs);
  EXPECT_EQ(time.since_us(LeafIndex{7}), 0u) << "it has not seen this one";
  EXPECT_EQ(time.first_seen_us(LeafIndex{7}), std::nullopt);
  EXPECT_EQ(time.known_before_us(LeafIndex{0}, LeafIndex{6}), 31 * format::kDayUs);
  EXPECT_EQ(time.known_before_us(LeafIndex{0}, LeafIndex{5}), 0u) << "no sighting in between";
  EXPECT_EQ(time.known_before_us(LeafIndex{5}, LeafIndex{0}), 0u);
  EXPECT_EQ(time.known_before_us(LeafIndex{0}, LeafIndex{7}), 0u);
  EXPECT_EQ(OwnTime({}).since_us(LeafIndex{0}), 0u);
}

// Whoever has the time service of the mirror's network too makes nothing old while the machine runs.
TEST(OwnTime, CountsNoMoreThanTheMachineRanHoweverOftenItsClockIsSet) {
  std::vector<format::Sighting> seen;
  for (std::uint64_t hour = 0; hour <= 100; ++hour)
    add_sighting(seen, {hour * 31 * format::kDayUs, hour * kHour / 1'000, TreeSize{1}, {}});
  EXPECT_EQ(OwnTime(seen).since_us(LeafIndex{0}), 100 * kHour);
}

// Its steady clock says about the same each time, and once a bit more: that is no proof that it ran.
TEST(OwnTime, CountsInFullOnAMachineThatIsStartedForEachRun) {
  for (const std::uint64_t hours : {1, 24, 24 * 30}) {
    std::vector<format::Sighting> seen;
    for (std::uint64_t k = 0; k <= 1'000; ++k)
      add_sighting(seen, {k * hours * kHour, 60'000 + k * 7'919 % 5'000, TreeSize{1}, {}, k});
    EXPECT_EQ(OwnTime(seen).since_us(LeafIndex{0}), 1'000 * hours * kHour);
    EXPECT_LE(seen.size(), 1'000 * hours / 23 + 2) << "about one a day";
  }
}

// A machine that was not started has a steady clock that does not go back, whoever says so.
TEST(OwnTime, CountsNothingWhereTheSteadyClockOfOneBootStandsStillOrGoesBack) {
  for (const std::uint64_t steady_ms : {8, 9}) {
    const std::vector<format::Sighting> seen{{0, 9, TreeSize{1}, {}, 1},
                                             {format::kDayUs, steady_ms, TreeSize{1}, {}, 1}};
    EXPECT_EQ(OwnTime(seen).since_us(LeafIndex{0}), 0u);
  }
}

}  // namespace
}  // namespace varve::verify
