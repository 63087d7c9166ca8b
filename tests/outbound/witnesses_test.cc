// A log that asks witnesses: rounds and quorums, and witnesses of every kind of trouble.
#include "api/outbound/witnesses.h"

#include <gtest/gtest.h>

#include "tests/access/journal_lines.h"
#include "witnessing.h"

namespace varve::api {
namespace {

using Hang = TlsServer::Play::Hang;
using Asked = std::vector<std::string>;

TEST_F(Witnessing, CosignsTheFirstCheckpointAndTheNewestWhenTheIntervalHasPassed) {
  start();
  until_witnessed();
  for (const auto& one : played) EXPECT_EQ(one->asked(), (Asked{"old 0"}));
  const TreeSize before = world.size();
  grow();
  grow();
  pass(59);
  EXPECT_EQ(status(0).cosigned, before);
  pass(1);
  until_witnessed();
  for (const auto& one : played)
    EXPECT_EQ(one->asked(), (Asked{"old 0", "old " + std::to_string(before.value)}));
  EXPECT_EQ(status(0).cosigned_s, 1'060U);
}

TEST_F(Witnessing, AsksAgainHourlyWhereTheTreeIsTheSameAndKeepsTheLaterTimes) {
  start();
  until_witnessed();
  for (const auto& one : played) one->time_s = 5'000;
  pass(3'599);
  until_all_have_looked();
  for (const auto& one : played) EXPECT_EQ(one->asked(), (Asked{"old 0"})) << "a second too soon";
  pass(1);
  const std::string old = "old " + std::to_string(world.size().value);
  until([&] {
    const auto found = format::cosigners_of(*asker->newest(), options.policy);
    return std::ranges::all_of(found->by_witness,
                               [](const auto& one) { return one && one->time_s == 5'000; });
  });
  for (const auto& one : played) EXPECT_EQ(one->asked(), (Asked{"old 0", old}));
}

// Two of three are enough: whatever the third one does, nobody waits for it.
TEST_F(Witnessing, IsNotHeldUpByAWitnessInAnyTrouble) {
  options.bounds.connect_timeout_ms = options.bounds.silence_ms = 200;
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf";
  const std::string other = "Location: " + std::string("https://127.0.0.1:1/\r\n");
  const TlsServer::Play plays[] = {
      {Hang::kBeforeHandshake, "", ""},
      {Hang::kInHandshake, "", ""},
      {Hang::kAfterAnswer, "", ""},
      {Hang::kAfterAnswer, half, ""},
      {Hang::kNever, half, ""},
      {Hang::kNever, "", ""},
      {Hang::kNever, "HTTP/1.1 200 OK\r\n\r\n", std::string(1'000, 'x')},
      {Hang::kNever, http_answer(std::string(kWitnessAnswerMax + 1, 'x')), ""},
      {Hang::kNever, http_answer("<html>"), ""},
      {Hang::kNever, http_answer("", "302 Found", other), ""},
      {Hang::kNever, http_answer("", "503 No"), ""},
      {Hang::kNever, http_answer(played[1]->cosigner.answer("x\n", 1)), ""},
  };
  start();
  until_witnessed();
  std::uint64_t failures = 0;
  for (const TlsServer::Play& play : plays) {
    played[2]->play(play);
    grow();
    pass(3'600);
    until([&] { return asker->status().size == world.size(); });
    until_failed(2, ++failures);
    EXPECT_EQ(cosigners(*asker->newest()), 2U);
    EXPECT_NE(status(2).trouble, "");
    EXPECT_EQ(status(2).alarm, "");
  }
  played[2]->play(std::nullopt);
  pass(3'600);
  until_witnessed();
  EXPECT_EQ(status(2).trouble, "");
  EXPECT_EQ(status(0).failures + status(1).failures, 0U);
}

TEST_F(Witnessing, AsksAFailedWitnessAfterTheIntervalThenTwiceAsLongUpToAnHour) {
  played[0]->play("", "503 No");
  start();
  until_failed(0, 1);
  std::uint64_t failures = 1;
  for (const std::uint64_t wait_s : {60, 120, 240, 480, 960, 1'920, 3'600, 3'600}) {
    pass(wait_s - 1);
    until([&] { return status(1).cosigned == world.size(); });  // the threads have looked
    EXPECT_EQ(status(0).failures, failures) << wait_s;
    pass(1);
    until_failed(0, ++failures);
    EXPECT_EQ(status(0).failures, failures);
  }
}

TEST_F(Witnessing, WaitsAsLongAsARateLimitSays) {
  played[0]->play("", "429 Too Many Requests", "Retry-After: 600\r\n");
  start();
  until_failed(0, 1);
  pass(599);
  EXPECT_EQ(status(0).failures, 1U);
  played[0]->play(std::nullopt);
  pass(1);
  until_witnessed();
}

TEST_F(Witnessing, AsksNobodyMoreOftenThanTheIntervalHoweverSoonHeSays) {
  played[0]->play("", "503 No", "Retry-After: 0\r\n");
  start();
  until_failed(0, 1);
  for (std::uint64_t failures = 1; failures < 4; ++failures) {
    pass(59);
    for (int i = 0; i < 50; ++i) grow();  // time in which it could be asked many times
    EXPECT_EQ(status(0).failures, failures);
    pass(1);
    until_failed(0, failures + 1);
  }
  EXPECT_EQ(played[0]->connections(), 4);
}

TEST_F(Witnessing, GoesOnFromWhereAWitnessStandsThatWasPutBackOrKnowsTheLogAlready) {
  const format::Checkpoint first = world.log->latest()->checkpoint;
  grow();
  played[1]->stand_at(first.size, first.root);  // asked by a server that kept nothing
  start();
  until_witnessed();
  EXPECT_EQ(played[1]->asked(), (Asked{"old 0", "old " + std::to_string(first.size.value)}));
  const std::string second = "old " + std::to_string(world.size().value);
  played[1]->stand_at(first.size, first.root);
  grow();
  pass(60);
  until_witnessed();
  EXPECT_EQ(played[1]->asked()[2], second);
  EXPECT_EQ(played[1]->asked()[3], "old " + std::to_string(first.size.value));
  EXPECT_EQ(status(1).alarm, "");
}

TEST_F(Witnessing, TellsTheJournalEachTroubleOnceAndWhenItIsOver) {
  ask_for("quorum A\n");
  JournalLines lines;
  Journal told(Level::kInfo);
  asker.emplace(options, *world.log, *files, told);
  until_witnessed();
  const format::Checkpoint first = world.log->latest()->checkpoint;
  const auto expect_line = [&lines](const std::string& event, const std::string& message) {
    const std::string line = lines.next();
    EXPECT_NE(line.find("\"event\":\"" + event + R"(","log":"main","witness":"A","message":")"),
              std::string::npos)
        << line;
    EXPECT_NE(line.find(message), std::string::npos) << line;
  };
  played[0]->play("", "503 No");
  grow();
  pass(3'600);
  until_failed(0, 1);
  pass(3'600);
  until_failed(0, 2);
  played[0]->play(std::nullopt);
  pass(3'600);
  until_witnessed();
  expect_line("witness_in_trouble", "in trouble itself (503)");
  expect_line("witness_cosigns", "again");
  played[0]->stand_at(first.size, first.root);
  pass(3'600);
  expect_line("witness_put_back", "and says " + std::to_string(first.size.value));
  until([&] { return played[0]->size() == world.size(); });
  played[0]->stand_at(TreeSize{1'000}, {});
  pass(3'600);
  expect_line("witness_contradicts", "the log was cut, put back or forked");
  asker.reset();
}

TEST_F(Witnessing, RaisesTheAlarmWhereAWitnessHasSeenMoreOrAnotherHistory) {
  Hash other;
  other.bytes[0] = std::byte{1};
  played[0]->stand_at(TreeSize{1'000}, other);
  played[1]->stand_at(TreeSize{1}, other);
  start();
  until([&] { return !status(0).alarm.empty() && !status(1).alarm.empty(); });
  EXPECT_NE(status(0).trouble.find("has cosigned 1000 records"), std::string::npos);
  EXPECT_NE(status(1).trouble.find("the tree of 1 records that it has cosigned is another one"),
            std::string::npos);
  until([&] { return status(2).cosigned == world.size(); });
  EXPECT_EQ(asker->newest(), nullptr);
  EXPECT_EQ(played[1]->size(), TreeSize{1});
}

TEST_F(Witnessing, NamesAnotherSizeForEverAndIsAskedTwiceEachTime) {
  const auto times = std::make_shared<std::atomic<int>>(0);  // the witness outlives the test
  played[0]->play(TlsServer::Play{Hang::kNever, "", "", [times](const std::string&) {
                                    return http_answer(std::to_string(++*times % 2 + 1) + "\n",
                                                       "409 Conflict",
                                                       "Content-Type: text/x.tlog.size\r\n");
                                  }});
  start();
  until_failed(0, 1);
  EXPECT_EQ(played[0]->connections(), 2);
  EXPECT_NE(status(0).trouble.find("another size"), std::string::npos);
}

TEST_F(Witnessing, EndsAtOnceWhileEachWitnessHangs) {
  options.bounds.connect_timeout_ms = options.bounds.silence_ms = 600'000;
  for (const Hang hang : {Hang::kBeforeHandshake, Hang::kInHandshake, Hang::kAfterAnswer}) {
    for (const auto& one : played) one->play(TlsServer::Play{hang, "", ""});
    const int before = played[0]->connections();
    start();
    until([&] { return played[0]->connections() > before; });
    asker.reset();
  }
}

TEST_F(Witnessing, AsksOneAddressOnceForTwoKeys) {
  const format::TestCosigner second("w3.example", 9);
  std::string line = played[0]->line("D");
  line.replace(line.find(played[0]->cosigner.vkey()), played[0]->cosigner.vkey().size(),
               second.vkey());
  options.policy =
      *format::WitnessPolicy::parse(played[0]->line("A") + line + "group g all A D\nquorum g\n");
  start();
  until_failed(1, 1);
  EXPECT_EQ(status(0).cosigned, world.size());
  EXPECT_NE(status(1).trouble.find("no cosignature by w3.example"), std::string::npos);
  EXPECT_EQ(played[0]->connections(), 1);
}

/// A log that has named a witness key, which its token does not have yet.
struct WitnessingByKey : Witnessing {
  const testing::SoftKey key{world.options.origin};

  WitnessingByKey() {
    const std::string text =
        format::key_event_text({format::KeyAction::kWitnessKey, world.options.origin, key.key});
    CHECK(world
              .append_control(
                  format::Kind::kWitnessKey,
                  format::format_note(
                      {text, {world.first_key.note_signature(text), key.note_signature(text)}}))
              .has_value());
  }
  void name_in_policy(const format::VerifierKey& of_log) {
    std::string policy = "log " + format::format_vkey(of_log) + "\n";
    for (std::size_t i = 0; i < played.size(); ++i)
      policy += played[i]->line(std::string(1, static_cast<char>('A' + i)));
    options.policy = *format::WitnessPolicy::parse(policy + "group g 2 A B C\nquorum g\n");
  }
};

// Its line is what a witness looks for; it is served too, for those who verify by the policy alone.
TEST_F(WitnessingByKey, SendsItsSignatureAndWhileTheTokenIsAwayThoseOfTheLogAlone) {
  played[0]->play("", "403 No");  // it knows the log by this key
  start();
  until([&] { return asker->status().size == world.size(); });
  until_failed(0, 1);
  pass(60);
  until_failed(0, 2);  // and waits for twice as long
  EXPECT_NE(asker->status().key_trouble, "");
  EXPECT_FALSE(format::verify_note(*format::parse_note(*asker->newest()), {&key.key, 1}));
  world.signer.add(key);
  played[0]->play(std::nullopt);
  pass(59);
  until_all_have_looked();
  EXPECT_NE(asker->status().key_trouble, "") << "not before the interval";
  pass(1);  // though the log has not grown
  until_witnessed();
  EXPECT_EQ(asker->status().key_trouble, "");
  grow();
  pass(60);
  until_witnessed();
  const auto note = format::parse_note(*asker->newest());
  EXPECT_TRUE(format::verify_note(*note, {&key.key, 1}));
  EXPECT_TRUE(format::verify_note(*note, {&world.first_key.key, 1}));
  asker.reset();
  start();  // with what was kept
  EXPECT_EQ(*asker->newest(), format::format_note(*note));
}

// Witnesses go on remembering; whoever verifies by the policy keeps what it takes.
TEST_F(WitnessingByKey, KeepsNothingThatThePolicysLogLinesDoNotTakeWhileItIsAway) {
  name_in_policy(key.key);
  start();
  until([&] {
    return std::ranges::all_of(asker->status().witnesses, [&](const WitnessStatus& one) {
      return one.cosigned == world.size();
    });
  });
  asker->stop();
  EXPECT_EQ(asker->newest(), nullptr);
  asker.reset();
  world.signer.add(key);
  start();
  until_witnessed();
}

TEST_F(Witnessing, AnswersEveryAppendWhileAllWitnessesHang) {
  for (const auto& one : played) one->play(TlsServer::Play{Hang::kInHandshake, "", ""});
  options.bounds.connect_timeout_ms = options.bounds.silence_ms = 600'000;
  start();
  until([&] { return played[0]->connections() == 1 && played[2]->connections() == 1; });
  for (int i = 0; i < 100; ++i) grow();
  EXPECT_EQ(played[0]->connections(), 1);
}

}  // namespace
}  // namespace varve::api
