// What a log says of those who use it: records of its own that go with their month.
#include <gtest/gtest.h>

#include "ledger/format/access.h"
#include "tests/log/restoring.h"

namespace varve {
namespace {

using format::Kind;
using testing::World;

constexpr const char* kRoute = "/logs/{log}/events/{item}";

format::Access access_of(const World& world, std::uint64_t index) {
  return {world.options.origin,
          {"ann", "token", "", "", "", "", "192.0.2.7"},
          10,
          20,
          {{"GET", kRoute, 200, 1, {{{index}, {index}}}}}};
}

std::vector<Report> three_reports(const World& world) {
  const format::Refusals refusals{
      world.options.origin, 10, 20, {{{"limit", "GET", kRoute, "192.0.2.7", "ann"}, 2}}, 0};
  return {{Kind::kAccess, format::access_text(access_of(world, 7))},
          {Kind::kRefusal, format::refusals_text(refusals)},
          {Kind::kLoss, format::loss_text({world.options.origin, 5, 9})}};
}

format::Record record_at(const World& world, std::uint64_t index, Buffer& bytes) {
  bytes = world.log->records(LeafIndex{index}, 1)->front();
  return *format::decode_record(bytes);
}

TEST(Reports, AreEventsOfTheLogItselfUnderOneSealAndStayThroughARestart) {
  World world;
  ASSERT_TRUE(world.open());
  const auto reports = three_reports(world);
  for (int round = 0; round < 2; ++round) {
    const auto done = world.append_reports(reports);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->count, 3U);
    std::uint64_t next = 1 + 3 * static_cast<std::uint64_t>(round);  // behind the month's secret
    for (std::size_t k = 0; k < reports.size(); ++k) {
      Buffer bytes;
      const format::Record record = record_at(world, done->first.value + k, bytes);
      EXPECT_EQ(record.kind, reports[k].kind);
      EXPECT_EQ(record.source, format::kLogItself);
      EXPECT_EQ(record.sequence, next++);
      EXPECT_EQ(text_of(record.payload), reports[k].text);
    }
    Buffer bytes;
    const format::Record seal = record_at(world, done->first.value + 3, bytes);
    EXPECT_EQ(seal.kind, Kind::kBatchSeal);
    EXPECT_EQ(format::decode_seal(bytes)->count, 3U);
    ASSERT_TRUE(world.reopen());
  }
  world.log.reset();
  const auto audited = testing::audit_store(world.options, world.environment());
  ASSERT_TRUE(audited) << audited.error().message;
  EXPECT_TRUE(audited->findings.empty());
}

TEST(Reports, ComeBesideWhatOthersSendInOneGroup) {
  World world;
  ASSERT_TRUE(world.open());
  for (int k = 0; k < 3; ++k) {
    ASSERT_TRUE(world.append_events({"{}", "{}"}));
    ASSERT_TRUE(world.append_reports(three_reports(world)));
  }
  ASSERT_TRUE(world.reopen());
  ASSERT_TRUE(world.append_reports(three_reports(world)));
}

TEST(Reports, ThatAreNoneAreRefusedAndLeaveNothing) {
  World world;
  ASSERT_TRUE(world.open());
  const TreeSize before = world.size();
  const auto reports = three_reports(world);
  World other("log.example/other");
  const std::vector<std::vector<Report>> wrong = {
      {},
      std::vector<Report>(format::kBatchRecordsMax + 1, reports[2]),
      {reports[0], {Kind::kRefusal, reports[0].text}},
      {{Kind::kEvent, reports[0].text}},
      {{Kind::kMonthSecret, reports[0].text}},
      {{Kind::kAuditRun, reports[0].text}},
      {reports[0], {Kind::kAccess, reports[0].text + "\n"}},
      {{Kind::kAccess, format::access_text(access_of(other, 7))}}};
  for (const auto& each : wrong) {
    const auto done = world.append_reports(each);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::kInvalid) << done.error().message;
  }
  EXPECT_EQ(world.size(), before);
}

// The reserve is for what an operator needs when the disk is full.
TEST(Reports, TakeNothingOfTheReserve) {
  World world;
  ASSERT_TRUE(world.open());
  const std::uint64_t free = *world.files->free_bytes();
  world.options.reserve_bytes = free + (std::uint64_t{1} << 30);
  ASSERT_TRUE(world.reopen());
  const auto refused = world.append_reports(three_reports(world));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kFull);
  world.registered("ward");  // control records may
}

}  // namespace
}  // namespace varve
