// A log knows of a source that seals whether it is alive: its newest event says so.
#include "ledger/format/heartbeat.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/log/world.h"

namespace varve {
namespace {

using testing::Source;
using testing::World;

constexpr format::Heartbeat kBeat{1'700'000'000'000'000, 3'600, 1};

Result<Appended> beat(World& world, Source& source) {
  return world.append(source.seal({format::heartbeat_text(kBeat)}, format::Kind::kHeartbeat));
}

TEST(LogHeartbeat, IsKnownUntilTheSourceSealsAnEvent) {
  World world;
  ASSERT_TRUE(world.open());
  Source ward = world.registered("ward-3");
  ASSERT_TRUE(world.append(ward.seal({"{}"})));
  EXPECT_FALSE(world.log->source(ward.id)->heartbeat);
  const auto appended = beat(world, ward);
  ASSERT_TRUE(appended) << appended.error().message;
  const SourceState state = *world.log->source(ward.id);
  ASSERT_TRUE(state.heartbeat);
  EXPECT_EQ(state.heartbeat->index, appended->first);
  EXPECT_EQ(state.heartbeat->index, state.last_event);
  EXPECT_EQ(state.heartbeat->heartbeat, kBeat);
  EXPECT_EQ(state.next_event, 2u) << "it has a number as events have";
  ASSERT_TRUE(world.append(ward.seal({"{}"})));
  EXPECT_FALSE(world.log->source(ward.id)->heartbeat);
}

// Where the records are read again, it is found in them.
TEST(LogHeartbeat, IsKnownAfterAStartThatReadsItsRecord) {
  World world;
  ASSERT_TRUE(world.open());
  Source ward = world.registered("ward-3");
  ASSERT_TRUE(beat(world, ward));
  world.log.reset();
  for (const char* derived : {"tree", "leaves", "appends", "catalogue"})
    std::filesystem::remove_all(world.directory + "/" + derived);
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.log->source(ward.id)->heartbeat);
  EXPECT_EQ(world.log->source(ward.id)->heartbeat->heartbeat, kBeat);
  ASSERT_TRUE(beat(world, ward)) << "and the chain goes on";
}

// What a sender for which the log seals says is data, whatever its media type.
TEST(LogHeartbeat, OfASenderIsAnEvent) {
  World world;
  ASSERT_TRUE(world.open());
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "ehr"};
  request.body = to_buffer(bytes_of(format::heartbeat_text(kBeat)));
  request.events.push_back({format::media_type_of(format::Kind::kHeartbeat), request.body, 7});
  std::promise<Result<Appended>> done;
  world.log->append(std::move(request), [&](Result<Appended> r) { done.set_value(std::move(r)); });
  const auto appended = done.get_future().get();
  ASSERT_TRUE(appended) << appended.error().message;
  const SourceState state = *world.log->source(*format::source_id("client/ehr"));
  EXPECT_FALSE(state.heartbeat);
  const Buffer record = world.log->records(state.last_event, 1)->front();
  EXPECT_EQ(format::decode_record(record)->kind, format::Kind::kEvent);
}

}  // namespace
}  // namespace varve
