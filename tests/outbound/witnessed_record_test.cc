// What witnesses cosigned becomes a record once a day, across restarts, and a log at rest stays at rest.
#include "api/outbound/witnessed_record.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "witnessing.h"

namespace varve::api {
namespace {

class WitnessedDaily : public Witnessing {
 protected:
  explicit WitnessedDaily(std::uint32_t sources = 0) : Witnessing(sources) {
    log_clock.now = env::posix_clock().now_us();
    world.clock = &log_clock;
    CHECK(world.reopen().has_value());
    grow();
    // To a noon: no day of the log ends while a test runs.
    const std::uint64_t reading_us = world.log->view().retention->timeline().newest().reading_us;
    log_clock.now =
        log_clock.now + 2 * format::kDayUs + format::kDayUs / 2 - reading_us % format::kDayUs;
    grow();
    options.records_in = files.get();
  }
  ~WitnessedDaily() override {
    asker.reset();
    world.log.reset();
  }

  [[nodiscard]] std::uint64_t count() const { return world.log->view().witnessed.count; }
  void until_recorded(std::uint64_t so_many) {
    until([&] { return count() == so_many; });
  }
  /// All have cosigned the newest tree, and what was to be recorded of that is.
  void next_round() {
    pass(60);
    until_witnessed();
    until_all_have_looked();
  }
  void a_day_later() {
    log_clock.now = log_clock.now + format::kDayUs;
    grow();
  }
  void restart() {
    asker.reset();
    CHECK(world.reopen().has_value());
    start();
  }
  [[nodiscard]] std::string newest_record() const {
    const auto bytes = world.log->records(world.log->view().witnessed.newest, 1);
    return std::string(text_of(format::decode_record(bytes->front())->payload));
  }

  testing::SetClock log_clock;
};

TEST_F(WitnessedDaily, IsARecordOnceADayOfTheComplianceClock) {
  start();
  until_recorded(1);
  EXPECT_EQ(cosigners(newest_record()), 3U);
  grow();
  next_round();
  EXPECT_EQ(count(), 1U);
  a_day_later();
  pass(60);
  until_recorded(2);
  asker.reset();
  world.log.reset();
  const auto report = testing::audit_store(world.options, world.environment());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->findings.empty());
}

// The fastest two are a quorum each day: the third would never stand in the log.
TEST_F(WitnessedDaily, HasWhoIsLateInItsRound) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  played[2]->play(
      TlsServer::Play{PlayedWitness::Hang::kNever, "", "", [this, opened](const std::string& body) {
                        opened.wait();
                        return played[2]->answer(body);
                      }});
  start();
  until([&] { return status(0).cosigned == world.size() && status(1).cosigned == world.size(); });
  until_looked(2);
  EXPECT_EQ(count(), 0U);
  gate.set_value();
  until_recorded(1);
  EXPECT_EQ(cosigners(newest_record()), 3U);
}

TEST_F(WitnessedDaily, DoesNotWaitForWhoFails) {
  played[2]->play("", "500 Internal Server Error");
  start();
  until_recorded(1);
  EXPECT_EQ(cosigners(newest_record()), 2U);
}

TEST_F(WitnessedDaily, IsNoSecondOneTheSameDayBehindARestart) {
  start();
  until_recorded(1);
  for (const bool catalogue_is_lost : {false, true}) {
    asker.reset();
    world.log.reset();
    if (catalogue_is_lost) std::filesystem::remove_all(world.directory + "/catalogue");
    CHECK(world.open().has_value());
    grow();
    start();
    until_witnessed();
    until_all_have_looked();
    EXPECT_EQ(count(), 1U) << catalogue_is_lost;
  }
}

TEST_F(WitnessedDaily, IsNoneWhereNothingButItselfWasAppended) {
  start();
  until_recorded(1);
  const TreeSize size = world.size();
  for (int day = 0; day < 3; ++day) {
    log_clock.now = log_clock.now + format::kDayUs;
    pass(86'400);
    until_witnessed();
    until_all_have_looked();
  }
  EXPECT_EQ(world.size(), size);
}

// A file can be restored, or written by others. A line that stands in the log stands there for good.
TEST_F(WitnessedDaily, HasNoLineThatNobodyVerified) {
  world.options.reserve_bytes = UINT64_MAX / 2;
  CHECK(world.reopen().has_value());
  start();
  until_witnessed();
  until_all_have_looked();
  asker.reset();
  const std::string path = directory.path() + "/" + options.kept_name;
  std::ofstream(path, std::ios::app)
      << "\u2014 stranger.example.org " << base64(Bytes(Buffer(76, std::byte{7}))) << "\n";
  world.options.reserve_bytes = 0;
  restart();
  until_recorded(1);
  EXPECT_EQ(cosigners(newest_record()), 3U);
  EXPECT_EQ(newest_record().find("stranger"), std::string::npos);
}

TEST_F(WitnessedDaily, TakesNothingOfTheReserve) {
  world.options.reserve_bytes = UINT64_MAX / 2;
  CHECK(world.reopen().has_value());
  start();
  until_witnessed();
  until_all_have_looked();
  EXPECT_EQ(count(), 0U);
  world.options.reserve_bytes = 0;
  restart();
  until_recorded(1);
}

TEST_F(WitnessedDaily, SaysWhyItIsNotThere) {
  world.options.reserve_bytes = UINT64_MAX / 2;
  CHECK(world.reopen().has_value());
  start();
  until([&] { return !asker->status().record_trouble.empty(); });
  EXPECT_NE(asker->status().record_trouble.find("kept in reserve"), std::string::npos);
  world.options.reserve_bytes = 0;
  restart();
  until_recorded(1);
  until([&] { return asker->status().record_trouble.empty(); });
}

/// Two of the three witnesses are sources of time, named for longer than they have to wait.
class CosignedDaily : public WitnessedDaily {
 protected:
  CosignedDaily() : WitnessedDaily(2) {
    log_clock.now = log_clock.now + 31 * format::kDayUs;
    grow();
    all_say(now_s());
  }
  [[nodiscard]] std::uint64_t now_s() const { return log_clock.now / 1'000'000; }
  void all_say(std::uint64_t time_s) {
    for (const auto& one : played) one->time_s = time_s;
    clock.ms = time_s * 1'000;  // last: from here on they are asked
  }
  [[nodiscard]] const std::vector<rules::Timeline::Bound>& bounds() {
    seen_ = world.log->view().retention;
    return seen_->timeline().bounds();
  }
  void until_given(std::size_t so_many) {
    until([&] { return bounds().size() == so_many; });
  }
  void until_troubled(const std::string& words) {
    until([&] { return asker->status().evidence_trouble.find(words) != std::string::npos; });
  }

 private:
  std::shared_ptr<const rules::Retention> seen_;
};

TEST_F(CosignedDaily, IsEvidenceOfTheTimeOnceADay) {
  start();
  until_given(1);
  EXPECT_EQ(bounds()[0].latest_us, (now_s() + 60) * 1'000'000);
  EXPECT_EQ(asker->status().evidence_trouble, "");
  for (int i = 0; i < 16; ++i) grow();
  next_round();
  EXPECT_EQ(bounds().size(), 1U);
  a_day_later();
  all_say(now_s());
  until_given(2);
}

// Until the next is due there is nothing that anybody has to look at.
TEST_F(CosignedDaily, IsInNoTroubleByAWitnessWhoFailsBehindTheEvidenceOfTheDay) {
  start();
  until_given(1);
  played[1]->play("", "500 Internal Server Error");
  for (int i = 0; i < 16; ++i) grow();
  restart();  // nothing was heard of the one that fails
  until([&] { return status(0).cosigned == world.size() && status(2).cosigned == world.size(); });
  until_all_have_looked();
  EXPECT_EQ(asker->status().evidence_trouble, "");
  a_day_later();
  all_say(now_s());
  until_troubled("1 of the witnesses that the log's policy names");
}

TEST_F(CosignedDaily, IsNoneOfAWitnessWhoseClockIsAnothers) {
  played[1]->time_s = now_s() - 61;
  start();
  until_troubled("too few of the sources' clocks agree");
  EXPECT_EQ(bounds().size(), 0U);
  restart();  // what was kept was compared with no clock of this process
  until_troubled("too few of the sources' clocks agree");
  for (const auto& one : played) one->time_s = now_s() + 3'600;
  pass(3'600);
  until_given(1);
}

TEST_F(CosignedDaily, SaysThatNobodyAsksItsSources) {
  options.policy = *format::WitnessPolicy::parse(played[1]->line("A") + played[2]->line("B") +
                                                 "group g 2 A B\nquorum g\n");
  start();
  until_troubled("witness_policy names 1 of the witnesses");
  EXPECT_EQ(bounds().size(), 0U);
}

TEST_F(CosignedDaily, SaysThatTooFewOfItsSourcesCosign) {
  played[1]->play("", "500 Internal Server Error");
  start();
  until_troubled("1 of the witnesses that the log's policy names");
  EXPECT_EQ(bounds().size(), 0U);
}

TEST_F(WitnessedDaily, IsOfATreeOfTheLog) {
  start();
  until_recorded(1);
  a_day_later();
  format::Checkpoint tree = world.log->latest()->checkpoint;
  tree.root.bytes[0] ^= std::byte{1};
  const std::string text = format::checkpoint_text(tree);
  const format::Note note{
      text, {world.first_key.note_signature(text), played[0]->cosigner.cosign(text, 7)}};
  const auto refused = world.append_control(format::Kind::kWitnessed, format::format_note(note));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("another tree"), std::string::npos)
      << refused.error().message;
}

TEST_F(WitnessedDaily, IsByAKeyThatSignedAtItsSize) {
  const std::string& origin = world.options.origin;
  const testing::SoftKey next(origin);
  world.signer.add(next);
  const auto append = [&](const format::KeyEvent& event, const testing::SoftKey& by) {
    format::Note note{format::key_event_text(event),
                      {by.note_signature(format::key_event_text(event))}};
    if (event.key == next.key) note.signatures.push_back(next.note_signature(note.text));
    return world.append_control(format::Kind::kKeyEvent, format::format_note(note));
  };
  ASSERT_TRUE(append({format::KeyAction::kRotate, origin, next.key}, world.first_key));
  ASSERT_TRUE(append({format::KeyAction::kRetire, origin, world.first_key.key}, next));
  grow();
  const std::string text = format::checkpoint_text(world.log->latest()->checkpoint);
  const auto record = [&](const testing::SoftKey& by) {
    const format::Note note{text, {by.note_signature(text), played[0]->cosigner.cosign(text, 7)}};
    return world.append_control(format::Kind::kWitnessed, format::format_note(note));
  };
  const auto refused = record(world.first_key);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no key that signed for the log at"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(record(next));
}

}  // namespace
}  // namespace varve::api
