// Nothing becomes due that is not: every short history of a server that runs, stops and has its
// clock set, of time sources that stamp its checkpoints or lie, and of evidence that reaches the
// log in any order, late or never. The test keeps the true time; the rules see records only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "true_world.h"

namespace varve::rules {
namespace {

constexpr std::uint64_t kAnn = 101;  // two honest sources
constexpr std::uint64_t kBen = 102;
constexpr std::uint64_t kLiar = 103;
constexpr std::uint64_t kNobody = 104;  // whom no policy names

struct Setting {
  std::vector<std::uint64_t> sources;
  std::uint32_t quorum = 1;
  std::int64_t lie_us = 0;  // by which the liar is wrong
  bool steady_is_fast = false;
  std::set<int> left_out{};
};

struct TimeWorld : TrueWorld {
  Setting setting;
  std::vector<Stamp> stamps;  // that were given, whether the log has seen them or not
  std::vector<std::pair<format::Evidence, std::size_t>> taken;  // and by which clock record
};

struct Tally {
  std::uint64_t histories = 0;
  std::uint64_t with_evidence = 0;  // histories in which evidence was taken
  std::uint64_t due = 0;            // ... and in which some month is due
  std::string wrong;                // what must not happen, the first time that it does
};

std::int64_t lie_of(const TimeWorld& world, std::uint64_t source) {
  return source == kLiar || source == kNobody ? world.setting.lie_us : 0;
}

/// The record that holds it is in the log at once; whether a clock record uses it is another
/// matter.
void stamp(TimeWorld& world, std::uint64_t source) {
  const std::uint64_t says = world.now_us + static_cast<std::uint64_t>(lie_of(world, source));
  const TreeSize size = world.size();
  const Place place = world.append();
  world.stamps.push_back({place.index, hash_of(source), says, kMinute / 60, size, true});
}

/// A draft with periods of minutes: due after six, a key period every two.
TimeWorld begun(const Setting& setting) {
  TimeWorld world;
  world.setting = setting;
  world.left_out = setting.left_out;
  world.steady_is_fast = setting.steady_is_fast;
  world.append();  // the log's first key
  PolicyAct policy;
  policy.signers.active_key = true;
  policy.policy.mode = format::Mode::kDraft;
  policy.policy.period = 6;
  policy.policy.notice = policy.policy.wait = 1;
  policy.policy.key_period_minutes = 2;
  policy.policy.quorum = setting.quorum;
  for (const std::uint64_t source : setting.sources)
    policy.policy.sources.push_back({"s" + std::to_string(source), hash_of(source)});
  EXPECT_TRUE(world.take(policy));
  EXPECT_TRUE(world.clock());
  world.append();
  // A stamp of another log, which was larger then, and one of a source that nobody named.
  const Place place = world.append();
  world.stamps.push_back({place.index, hash_of(kAnn), world.now_us, 0, TreeSize{9}, false});
  stamp(world, kNobody);
  world.run(2 * kMinute);
  EXPECT_TRUE(world.clock());
  return world;
}

/// Every age that the log knows is at most the true one, and what is due is due.
void look(const TimeWorld& world, Tally& tally) {
  ++tally.histories;
  for (std::size_t k = 0; k < world.appended_us.size(); ++k)
    if (world.log.timeline().age_us(LeafIndex{k}) > world.now_us - world.appended_us[k])
      tally.wrong = "record " + std::to_string(k) + " is younger than its age";
  const Timeline& time = world.log.timeline();
  for (std::size_t k = 1; k < world.appended_us.size(); ++k)
    if (time.age_us(LeafIndex{k}) > time.age_us(LeafIndex{k - 1}))
      tally.wrong = "record " + std::to_string(k) + " is older than the one before";
  std::uint64_t due = 0;
  for (const Month& month : world.log.months()) {
    const auto range = world.log.range_of(month);
    if (!range || world.log.remaining_us(*range) != 0) continue;
    ++due;
    if (world.now_us - world.appended_us[range->end.value - 1] < period_us(world.log.policy()))
      tally.wrong = "a key period is due too early";
  }
  if (due != 0) ++tally.due;
}

std::vector<TimeWorld> after_evidence(const TimeWorld& world) {
  std::vector<TimeWorld> worlds;
  const auto offer = [&](const std::vector<Stamp>& stamps, const format::Evidence& evidence) {
    TimeWorld next = world;
    if (!next.clock(evidence, stamps)) return;
    next.taken.emplace_back(evidence, next.log.clocks() - 1);
    worlds.push_back(std::move(next));
  };
  for (std::size_t a = 0; a < world.stamps.size(); ++a) {
    offer({world.stamps[a]}, evidence_of({world.stamps[a]}));
    for (std::size_t b = a + 1; b < world.stamps.size(); ++b) {
      const std::vector<Stamp> pair{world.stamps[a], world.stamps[b]};
      format::Evidence evidence = evidence_of(pair);
      offer(pair, evidence);
      evidence.earliest_us = std::max(pair[0].time_us, pair[1].time_us);  // says too much
      evidence.size = std::max(pair[0].size, pair[1].size);
      evidence.latest_us = std::min(pair[0].time_us, pair[1].time_us);
      offer(pair, evidence);
    }
  }
  return worlds;
}

std::vector<TimeWorld> after_a_step(const TimeWorld& world) {
  std::vector<TimeWorld> worlds = after_evidence(world);
  const auto with = [&](auto step) {
    TimeWorld next = world;
    step(next);
    worlds.push_back(std::move(next));
  };
  with([](TimeWorld& w) { w.append(), w.run(kMinute), w.clock(); });
  with([](TimeWorld& w) { w.run(3 * kMinute), w.append(), w.clock(); });
  with([](TimeWorld& w) { w.append(), w.run(kMinute), w.stop(7 * kMinute), w.clock(); });
  with([](TimeWorld& w) { w.host_off_us += 900 * static_cast<std::int64_t>(kMinute); });
  with([](TimeWorld& w) { w.host_off_us -= 900 * static_cast<std::int64_t>(kMinute); });
  for (const std::uint64_t source : world.setting.sources)
    with([&](TimeWorld& w) { stamp(w, source); });
  return worlds;
}

void walk(const TimeWorld& world, int steps, Tally& tally) {
  look(world, tally);
  if (steps == 0 || !tally.wrong.empty()) return;
  for (const TimeWorld& next : after_a_step(world)) walk(next, steps - 1, tally);
}

Tally walked(const Setting& setting, int steps) {
  Tally tally;
  walk(begun(setting), steps, tally);
  return tally;
}

constexpr std::int64_t kHours = 100 * static_cast<std::int64_t>(kMinute);

TEST(RetentionTime, NothingIsDueEarlyWhateverTheClocksDo) {
  for (const bool fast : {false, true}) {
    const Tally tally = walked({{kAnn, kBen}, 1, kHours, fast}, 6);
    EXPECT_EQ(tally.wrong, "");
    EXPECT_GT(tally.histories, 20'000u);
    EXPECT_GT(tally.due, 100u) << "the walk is too short to see anything due";
  }
}

TEST(RetentionTime, NothingIsDueEarlyThoughFewerSourcesThanTheQuorumLie) {
  for (const std::int64_t lie : {kHours, -kHours, kHours / 50}) {
    const Tally tally = walked({{kAnn, kLiar}, 2, lie}, 6);
    EXPECT_EQ(tally.wrong, "") << lie;
    EXPECT_GT(tally.due, 100u);
  }
}

TEST(RetentionTime, EachRuleOfEvidenceIsMissedWhenItIsLeftOut) {
  // R4 and R5: whom nobody named has not waited either.
  EXPECT_NE(walked({{kAnn, kBen}, 1, kHours, false, {4, 5}}, 3).wrong, "");
  // R4: fewer than the quorum.
  EXPECT_NE(walked({{kAnn, kLiar}, 2, kHours, false, {4}}, 4).wrong, "");
  // R6: another log's tree.
  EXPECT_NE(walked({{kAnn, kBen}, 1, 0, false, {6}}, 4).wrong, "");
  // R7: more than was said.
  EXPECT_NE(walked({{kAnn, kLiar}, 2, kHours, false, {7}}, 4).wrong, "");
}

/// The largest difference of true times that follows from what the records say, found without any
/// idea of how: the longest path from a record to the newest clock record, where an edge says that
/// one time is at least so much later than another. Node 0 is 1970, node 1 the record, the clock
/// records follow.
std::int64_t longest_path_us(const TimeWorld& world, LeafIndex record) {
  struct Edge {
    std::size_t from;
    std::size_t to;
    std::int64_t least_us;
  };
  const auto in_us = [](std::uint64_t us) { return static_cast<std::int64_t>(us); };
  const std::vector<ClockPoint>& points = world.log.timeline().points();
  std::vector<Edge> edges;
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (points[k].index >= record) edges.push_back({1, k + 2, 0});
    if (k == 0) continue;
    const std::uint64_t ran = points[k].running_us - points[k - 1].running_us;
    edges.push_back({k + 1, k + 2, in_us(counted_us(ran))});
  }
  for (const auto& [evidence, by] : world.taken) {
    edges.push_back({0, by + 2, in_us(evidence.earliest_us)});
    if (contains(evidence.size, record)) edges.push_back({1, 0, -in_us(evidence.latest_us)});
    for (std::size_t k = 0; k < points.size(); ++k)
      if (contains(evidence.size, points[k].index))
        edges.push_back({k + 2, 0, -in_us(evidence.latest_us)});
  }
  constexpr std::int64_t kUnreached = INT64_MIN;
  std::vector<std::int64_t> at(points.size() + 2, kUnreached);
  at[1] = 0;
  for (std::size_t round = 0; round < at.size(); ++round)
    for (const Edge& edge : edges)
      if (at[edge.from] != kUnreached)
        at[edge.to] = std::max(at[edge.to], at[edge.from] + edge.least_us);
  return std::max<std::int64_t>(at.back(), 0);
}

void walk_paths(const TimeWorld& world, int steps, Tally& tally) {
  ++tally.histories;
  if (!world.taken.empty()) ++tally.with_evidence;
  for (std::size_t k = 0; k < world.appended_us.size(); ++k) {
    const auto age = static_cast<std::int64_t>(world.log.timeline().age_us(LeafIndex{k}));
    const auto rounded = static_cast<std::int64_t>(world.log.clocks());  // a microsecond a point
    const std::int64_t longest = longest_path_us(world, LeafIndex{k});
    EXPECT_LE(std::max(age, longest) - std::min(age, longest), rounded) << "record " << k;
  }
  if (steps == 0 || testing::Test::HasFailure()) return;
  for (const TimeWorld& next : after_a_step(world)) walk_paths(next, steps - 1, tally);
}

TEST(RetentionTime, AgesAreTheLargestThatTheRecordsAllow) {
  Tally tally;
  walk_paths(begun({{kAnn, kBen}, 1}), 4, tally);
  // ... and behind evidence, so that a stop, a stamp, evidence and running can follow.
  TimeWorld world = begun({{kAnn}, 1});
  stamp(world, kAnn);
  const Stamp given = world.stamps.back();
  ASSERT_TRUE(world.clock(evidence_of({given}), {given}));
  world.taken.emplace_back(evidence_of({given}), world.log.clocks() - 1);
  world.stamps.clear();
  walk_paths(world, 5, tally);
  EXPECT_GT(tally.with_evidence, 1'000u);
}

}  // namespace
}  // namespace varve::rules
