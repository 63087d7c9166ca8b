// A log that has its checkpoints stamped: by authorities that are honest, away, false, or have a clock that is off.
#include "api/outbound/time_stamps.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>

#include "time_stamping.h"

namespace varve::api {
namespace {

using format::Kind;
using StampHang = TlsServer::Play::Hang;
using Kinds = std::vector<Kind>;

TEST_F(TimeStamping, KeepsWhatIsStampedAndGivesItToTheLogAsEvidence) {
  run_for(31);
  const format::Checkpoint tree = world.log->latest()->checkpoint;
  const std::uint64_t before_us = env::posix_clock().now_us();
  start();
  until([&] { return asker->status().recorded == 1; });
  EXPECT_EQ(newest().checkpoint, tree);
  ASSERT_EQ(newest().tokens.size(), 1u);
  EXPECT_TRUE(format::verify_time_token(newest().tokens[0], format::checkpoint_text(tree)));
  EXPECT_EQ(testing::bytes_in(directory.path() + "/main+stamped"), *asker->newest());
  const StampedStatus status = asker->status();
  EXPECT_EQ(status.size, tree.size);
  EXPECT_GE(status.time_us, before_us);
  EXPECT_EQ(status.trouble + status.evidence_trouble + authority().trouble, "");
  EXPECT_NE(played[0]->request().find("POST /tsa HTTP/1.1"), std::string::npos);
  EXPECT_NE(played[0]->request().find("Content-Type: application/timestamp-query"),
            std::string::npos);
  const Kinds kinds = kinds_from(tree.size);
  EXPECT_EQ(kinds, (Kinds{Kind::kClock, Kind::kTimestamp, Kind::kClock}));
  EXPECT_EQ(world.log->view().retention->timeline().bounds().back().size, tree.size);
  expect_sound();
}

// The evidence before is what a log that rests has grown by: that alone is no reason for more.
TEST_F(TimeStamping, StampsWhatIsNewAfterEachIntervalAndGivesItToTheLogOnceADay) {
  run_for(31);
  start();
  until([&] { return asker->status().recorded == 1; });
  const int queries = played[0]->queries;
  pass(kHour_s / 2);
  until_it_rests();
  EXPECT_EQ(played[0]->queries, queries) << "before the interval has passed";
  grow();
  pass_an_hour();
  until([&] { return asker->status().size == world.size(); });
  until_it_rests();
  EXPECT_EQ(asker->status().recorded, 1u) << "on the same day";
  pass(kDay_s);
  until([&] { return asker->status().recorded == 2; });
  pass(kDay_s);
  until([&] { return asker->status().size == world.size(); });
  until_it_rests();
  EXPECT_EQ(asker->status().recorded, 2u) << "nothing but evidence has come";
  const int rested = played[0]->queries;
  pass_an_hour();
  until_it_rests();
  EXPECT_EQ(played[0]->queries, rested) << "the log has not grown";
  grow();
  pass(kDay_s);
  until([&] { return asker->status().recorded == 3; });
  EXPECT_EQ(evidence_trouble(), "");
  expect_sound();
}

TEST_F(TimeStamping, NamesWhatIsWrongWithAnAuthorityAndLetsTheLogGoOn) {
  run_for(31);
  options.bounds.connect_timeout_ms = options.bounds.silence_ms = 200;
  start();
  until([&] { return asker->status().recorded == 1; });
  const std::string good = *asker->newest();
  const format::TimeAuthority stranger;
  const auto by = [](const format::TimeAuthority& authority) {
    return [&authority](const std::string& query) {
      return http_answer(std::string(text_of(authority.reply(bytes_of(query)))));
    };
  };
  const Buffer before = format::time_query(world.log->latest()->checkpoint, 1);
  const std::string old(text_of(before));  // the answer to it comes again and again
  const std::pair<NoStamp, TlsServer::Play> plays[] = {
      {NoStamp::kAway, {StampHang::kBeforeHandshake, "", ""}},
      {NoStamp::kAway, {StampHang::kAfterAnswer, "", ""}},
      {NoStamp::kAway, {StampHang::kNever, http_answer(std::string(kTimeReplyMax + 1, 'x')), ""}},
      {NoStamp::kAway, {StampHang::kNever, "HTTP/1.1 200 OK\r\n\r\n", std::string(1'000, 'x')}},
      {NoStamp::kRefused,
       {StampHang::kNever, http_answer("", "302 Found", "Location: https://127.0.0.1:1/\r\n"), ""}},
      {NoStamp::kRefused, {StampHang::kNever, http_answer("", "503 No"), ""}},
      {NoStamp::kRefused,
       {StampHang::kNever,
        http_answer(std::string(text_of(*decode_hex("300d300b02010230060c0462757379")))), ""}},
      {NoStamp::kFalse, {StampHang::kNever, http_answer("<html>"), ""}},
      {NoStamp::kFalse,
       {StampHang::kNever, "", "", [&](const std::string&) { return by(played[0]->engine)(old); }}},
      {NoStamp::kStranger, {StampHang::kNever, "", "", by(stranger)}},
  };
  std::array<std::uint64_t, kNoStampNames.size()> failures{};
  for (const auto& [reason, play] : plays) {
    played[0]->play(play);
    grow();
    pass_an_hour();
    until_failed(reason, ++failures[static_cast<std::size_t>(reason)]);
    EXPECT_NE(authority().trouble, "");
    EXPECT_EQ(authority().trouble.find("/tsa"), std::string::npos) << "its path may be a secret";
    EXPECT_EQ(*asker->newest(), good);
  }
  EXPECT_EQ(authority().failures, failures) << "each failure counts once, for one reason";
  played[0]->play(std::nullopt);
  pass_an_hour();
  until([&] { return asker->status().size == world.size(); });
  EXPECT_EQ(authority().trouble, "");
}

// The first one answers when what the second one gave is kept: whoever is asked behind it would never be.
TEST_F(TimeStamping, AsksAllAtOnceAndKeepsWhatComesFirst) {
  run_for(31, 2, 1, 2);
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  played[0]->play(TlsServer::Play{
      StampHang::kNever, "", "", [this, opened](const std::string& query) {
        opened.wait();
        return http_answer(std::string(text_of(played[0]->engine.reply(bytes_of(query)))));
      }});
  start();
  until([&] { return asker->status().size == world.size(); });
  gate.set_value();
  until([&] { return authority(0).stamped_s != 0; });
  EXPECT_EQ(authority(0).failures, (std::array<std::uint64_t, kNoStampNames.size()>{}));
  until([&] { return newest().tokens.size() == 2; });
}

TEST_F(TimeStamping, AsksAgainAfterAMinuteThenAfterTwiceAsLong) {
  run_for(31);
  played[0]->play(http_answer("", "503 No"));
  start();
  until_failed(NoStamp::kRefused, 1);
  std::uint64_t failures = 1;
  for (const std::uint64_t wait_s : {60, 120, 240, 480, 960, 1'920, 3'600, 3'600}) {
    pass(wait_s / 2);
    until_it_rests();
    EXPECT_EQ(authority().failures[1], failures) << wait_s;
    pass(wait_s - wait_s / 2);
    until_failed(NoStamp::kRefused, ++failures);
  }
  played[0]->play(std::nullopt);
  pass_an_hour();
  until([&] { return asker->status().recorded == 1; });
}

// A year ahead or behind, whichever of the two clocks it is: the log's own must not follow it.
TEST_F(TimeStamping, SaysThatAClockIsOffAndLetsTheLogTakeNoEvidenceByIt) {
  run_for(31);
  constexpr std::int64_t kYear_us = std::int64_t{365} * 86'400'000'000;
  const TreeSize before = world.size();
  clock.ahead_us = kYear_us;
  start();
  until([&] { return !asker->status().evidence_trouble.empty(); });
  EXPECT_TRUE(authority().clock_is_off);
  EXPECT_LT(authority().offset_us, -kYear_us + 3'600'000'000);
  EXPECT_EQ(newest().checkpoint.size, before) << "it is kept all the same";
  clock.ahead_us = -kYear_us;
  grow();
  pass_an_hour();
  until([&] { return authority().offset_us > kYear_us - 3'600'000'000; });
  until_it_rests();
  EXPECT_EQ(asker->status().recorded, 0u);
  for (const Kind kind : kinds_from(before)) EXPECT_NE(kind, Kind::kTimestamp);
  clock.ahead_us = 0;
  grow();
  pass(kDay_s);
  until([&] { return !authority().clock_is_off; });
  pass(kDay_s);  // the clock was set while the server ran
  grow();
  pass_an_hour();
  until([&] { return asker->status().recorded == 1; });
  EXPECT_EQ(evidence_trouble(), "");
}

TEST_F(TimeStamping, TakesAsManyAuthoritiesAsThePolicyDemands) {
  run_for(31, 2, 2, 2);
  played[1]->play(http_answer("", "503 No"));
  start();
  until_failed(NoStamp::kRefused, 1, 1);
  until_it_rests();
  EXPECT_EQ(asker->newest(), nullptr);
  const TreeSize asked = world.size();
  grow();
  played[1]->play(std::nullopt);
  pass(60);
  until([&] { return asker->status().recorded == 1; });
  EXPECT_EQ(newest().tokens.size(), 2u);
  EXPECT_EQ(newest().checkpoint.size, asked)
      << "both are over the checkpoint that the first has stamped";
  EXPECT_EQ(played[0]->queries, 1);
  const auto evidence = kinds_from(asked);
  EXPECT_EQ(std::ranges::count(evidence, Kind::kTimestamp), 2);
  expect_sound();
}

TEST_F(TimeStamping, AsksNobodyWhereThePolicyNamesNoSource) {
  run_for(31, 1, 0, 0);
  start();
  until_it_rests();
  EXPECT_EQ(played[0]->connections(), 0);
  EXPECT_NE(asker->status().trouble.find("names no time-stamping authority"), std::string::npos);
}

TEST_F(TimeStamping, SaysThatThePolicyTakesMoreAuthoritiesThanThereAre) {
  run_for(31, 1, 2, 2);
  start();
  until([&] { return played[0]->queries == 1; });
  until_it_rests();
  EXPECT_NE(asker->status().trouble.find("takes 2 sources of time, and timestamp_urls has 1"),
            std::string::npos);
  EXPECT_EQ(asker->newest(), nullptr);
}

// Each authority stamps and is served as before; evidence takes a person, who has the witnesses' too.
TEST_F(TimeStamping, GoesOnWhereThePolicyNamesWitnessesBesideTheAuthority) {
  for (const int i : {1, 2}) {
    Hash key;
    key.bytes[0] = static_cast<std::byte>(i);
    world.options.first_policy.sources.push_back(
        {"w" + std::to_string(i), key, format::SourceType::kWitness});
  }
  run_for(31, 1, 2);
  const TreeSize before = world.size();
  start();
  until([&] { return asker->newest() != nullptr; });
  until_it_rests();
  EXPECT_EQ(newest().checkpoint.size, before);
  EXPECT_EQ(newest().tokens.size(), 1u);
  EXPECT_EQ(asker->status().trouble + evidence_trouble(), "");
  EXPECT_EQ(world.size(), before) << "an authority alone is no evidence there";
}

// The log is not asked in vain: a refused record would leave a segment in a log at rest.
TEST_F(TimeStamping, KeepsTheStampsOfASourceThatWasJustNamedAndTheLogTakesThemLater) {
  run_for(29);
  const TreeSize before = world.size();
  start();
  until_troubled("R5: too few of the sources");
  EXPECT_TRUE(asker->status().evidence_waits);
  EXPECT_EQ(newest().checkpoint.size, before);
  EXPECT_EQ(world.size(), before) << "what does not count leaves no record";
  pass(2 * kDay_s);
  grow();
  pass_an_hour();
  until([&] { return asker->status().recorded == 1; });
  EXPECT_EQ(evidence_trouble(), "");
  EXPECT_FALSE(asker->status().evidence_waits);
}

TEST_F(TimeStamping, NamingASecondSourceLeavesTheFirstItsWord) {
  run_for(31, 2);
  name_sources({0, 1});
  start();
  until([&] { return asker->status().recorded == 1; });
  EXPECT_EQ(newest().tokens.size(), 2u) << "both are kept";
  EXPECT_EQ(std::ranges::count(kinds_from(newest().checkpoint.size), Kind::kTimestamp), 1);
  EXPECT_EQ(evidence_trouble(), "");
  expect_sound();
}

TEST_F(TimeStamping, WhatASourceStampedIsServedAsLongAsThePolicyNamesIt) {
  run_for(31, 2, 1, 2);
  played[1]->play(http_answer("", "503 No"));
  start();
  until([&] { return asker->newest() != nullptr; });
  const std::string kept = *asker->newest();
  name_sources({1});
  until([&] { return asker->newest() == nullptr; });
  EXPECT_EQ(asker->status().size, TreeSize{});
  name_sources({0, 1});
  until([&] { return asker->newest() != nullptr; });
  EXPECT_EQ(*asker->newest(), kept);
}

TEST_F(TimeStamping, GivesNothingToALogThatHasEnded) {
  run_for(31);
  options.records_in = nullptr;
  const TreeSize before = world.size();
  start();
  until([&] { return asker->newest() != nullptr; });
  until_it_rests();
  EXPECT_EQ(world.size(), before);
  EXPECT_EQ(asker->status().evidence_trouble, "");
}

TEST_F(TimeStamping, ServesWhatWasKeptAcrossARestart) {
  run_for(31);
  start();
  until([&] { return asker->status().recorded == 1; });
  const std::string kept = *asker->newest();
  const StampedStatus before = asker->status();
  asker.reset();
  played[0]->play(http_answer("", "503 No"));
  start();
  ASSERT_NE(asker->newest(), nullptr);
  EXPECT_EQ(*asker->newest(), kept);
  EXPECT_EQ(asker->status().size, before.size);
  EXPECT_EQ(asker->status().time_us, before.time_us);
  played[0]->play(std::nullopt);
  pass_an_hour();
  until([&] { return asker->status().size == world.size(); });
  until_it_rests();
  EXPECT_EQ(asker->status().recorded, 0u) << "the log has today's already";
}

// Cut, forked, of another log, changed, garbage: the file stays as it is, and nothing is served.
TEST_F(TimeStamping, RefusesWhatWasKeptWhereTheLogDoesNotBeginWithItAndLeavesItAlone) {
  run_for(31);
  const auto made = [&](std::uint64_t size, const std::string& origin) {
    const format::Checkpoint tree{origin, TreeSize{size}, {}};
    return format::stamped_checkpoint_text(
        {tree, {played[0]->engine.token(format::checkpoint_text(tree))}});
  };
  const format::Checkpoint tree = world.log->latest()->checkpoint;
  const std::string path = directory.path() + "/main+stamped";
  for (const std::string& kept :
       {made(1'000, world.options.origin), made(1, world.options.origin), made(1, "other.example"),
        format::stamped_checkpoint_text({tree, {played[0]->engine.token("another text")}}),
        std::string("garbage")}) {
    std::ofstream(path, std::ios::trunc) << kept;
    const std::uint64_t asked = static_cast<std::uint64_t>(played[0]->queries);
    start();
    EXPECT_NE(asker->status().trouble, "") << kept;
    EXPECT_EQ(asker->newest(), nullptr) << kept;
    until([&] { return static_cast<std::uint64_t>(played[0]->queries) > asked; });
    until_it_rests();
    asker.reset();
    EXPECT_EQ(testing::bytes_in(path), kept);
  }
}

TEST_F(TimeStamping, EndsAtOnceWhileAnAuthorityHangs) {
  run_for(31);
  options.bounds.connect_timeout_ms = options.bounds.silence_ms = 600'000;
  played[0]->play(TlsServer::Play{StampHang::kBeforeHandshake, "", ""});
  start();
  while (played[0]->connections() == 0) std::this_thread::yield();
  asker.reset();
}

}  // namespace
}  // namespace varve::api
