// A log that asks witnesses: rounds and quorums, witnesses of every kind of trouble, and what is kept.
#include "api/outbound/witnesses.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "played_witness.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"

namespace varve::api {
namespace {

using Hang = TlsServer::Play::Hang;
using Asked = std::vector<std::string>;

struct WitnessClock : env::Clock {
  std::atomic<std::uint64_t> ms = 1'000'000;
  [[nodiscard]] std::uint64_t now_us() const override { return ms * 1'000; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return ms; }
};

class Witnessing : public ::testing::Test {
 protected:
  Witnessing() {
    ::signal(SIGPIPE, SIG_IGN);
    certificates.make("witness", "IP:127.0.0.1");
    CHECK(world.open().has_value());
    grow();
    for (int i = 0; i < 3; ++i)
      played.push_back(std::make_unique<PlayedWitness>(
          certificates, "w" + std::to_string(i) + ".example", i + 1));
    files = *env::open_posix(directory.path());
    ask_for("group g 2 A B C\nquorum g\n");
  }

  void ask_for(const std::string& quorum) {
    std::string policy;
    for (std::size_t i = 0; i < played.size(); ++i)
      policy += played[i]->line(std::string(1, static_cast<char>('A' + i)));
    options.policy = *format::WitnessPolicy::parse(policy + quorum);
    options.log = "main";
    options.ca_file = certificates.pem("witness");
    options.kept_name = "main+witnessed";
    options.clock = &clock;
  }
  void start() { asker.emplace(options, *world.log, *files, journal); }
  void grow() { CHECK(world.append_events({"{}"}).has_value()); }

  /// Waits for the state itself; the deadline is the test program's.
  template <class Condition>
  void until(const Condition& holds) {
    while (!holds()) {
      asker->look();
      std::this_thread::yield();
    }
  }
  void pass(std::uint64_t s) {
    clock.ms += s * 1'000;
    asker->look();
  }
  [[nodiscard]] WitnessStatus status(std::size_t i) const { return asker->status().witnesses[i]; }
  void until_failed(std::size_t i, std::uint64_t failures) {
    until([&] { return status(i).failures >= failures; });
  }
  /// All have cosigned the newest tree, and it is kept.
  void until_witnessed() {
    until([&] {
      const WitnessedStatus now = asker->status();
      return now.size == world.size() && cosigners(*asker->newest()) == now.witnesses.size();
    });
  }
  [[nodiscard]] std::size_t cosigners(const std::string& note) const {
    EXPECT_TRUE(format::open_checkpoint(note, world.options.origin, {&world.first_key.key, 1}));
    const auto found = format::cosigners_of(note, options.policy);
    EXPECT_TRUE(found && found->is_quorum);
    return static_cast<std::size_t>(
        std::ranges::count_if(found->by_witness, [](const auto& one) { return one.has_value(); }));
  }

  testing::World world;
  WitnessClock clock;
  Certificates certificates;
  std::vector<std::unique_ptr<PlayedWitness>> played;
  env::TemporaryDirectory directory;
  std::unique_ptr<env::Filesystem> files;
  Journal journal{Level::kError};
  WitnessOptions options;
  std::optional<Witnesses> asker;
};

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
    EXPECT_FALSE(status(2).contradicts);
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
    grow();
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
  EXPECT_FALSE(status(1).contradicts);
}

TEST_F(Witnessing, RaisesTheAlarmWhereAWitnessHasSeenMoreOrAnotherHistory) {
  Hash other;
  other.bytes[0] = std::byte{1};
  played[0]->stand_at(TreeSize{1'000}, other);
  played[1]->stand_at(TreeSize{1}, other);
  start();
  until([&] { return status(0).contradicts && status(1).contradicts; });
  EXPECT_NE(status(0).trouble.find("has cosigned 1000 records"), std::string::npos);
  EXPECT_NE(status(1).trouble.find("the tree of 1 records that it has cosigned is another one"),
            std::string::npos);
  until([&] { return status(2).cosigned == world.size(); });
  EXPECT_EQ(asker->newest(), nullptr);
  EXPECT_EQ(played[1]->size(), TreeSize{1});
}

TEST_F(Witnessing, NamesAnotherSizeForEverAndIsAskedTwiceEachTime) {
  int times = 0;
  played[0]->play(TlsServer::Play{Hang::kNever, "", "", [&times](const std::string&) {
                                    return http_answer(std::to_string(++times % 2 + 1) + "\n",
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

TEST_F(Witnessing, KeepsWhatWasWitnessedAcrossARestartAndAsksFromThere) {
  start();
  until_witnessed();
  const std::string note = *asker->newest();
  asker.reset();
  EXPECT_EQ(testing::bytes_in(directory.path() + "/main+witnessed"), note);
  for (const auto& one : played) one->play("", "503 No");
  start();
  ASSERT_NE(asker->newest(), nullptr);
  EXPECT_EQ(*asker->newest(), note);
  EXPECT_EQ(asker->status().size, world.size());
  for (std::size_t i = 0; i < 3; ++i) until_failed(i, 1);
  for (const auto& one : played) one->play(std::nullopt);
  const std::string before = std::to_string(world.size().value);
  grow();
  pass(3'600);
  until_witnessed();
  EXPECT_EQ(played[0]->asked(), (Asked{"old 0", "old " + before}));
}

// Cut, forked, of another log, changed, garbage: the file stays as it is, and nothing is served.
TEST_F(Witnessing, RefusesWhatWasKeptWhereTheLogDoesNotBeginWithItAndLeavesItAlone) {
  start();
  until_witnessed();
  const std::string good = *asker->newest();
  asker.reset();
  const auto made = [&](std::uint64_t size, const std::string& origin) {
    const std::string text = format::checkpoint_text({origin, TreeSize{size}, {}});
    return format::format_note(
        {text,
         {world.first_key.note_signature(text), played[0]->cosigner.cosign(text, 1),
          played[1]->cosigner.cosign(text, 1)}});
  };
  std::string changed = good;
  changed[changed.size() - 10] ^= 1;
  const std::string path = directory.path() + "/main+witnessed";
  for (const std::string& kept : {made(1'000, world.options.origin), made(1, world.options.origin),
                                  made(1, "other.example"), changed, std::string("garbage")}) {
    std::ofstream(path, std::ios::trunc) << kept;
    start();
    EXPECT_NE(asker->status().trouble, "") << kept;
    until([&] {
      const auto now = asker->status().witnesses;
      return std::ranges::all_of(now,
                                 [&](const auto& one) { return one.cosigned == world.size(); });
    });
    asker.reset();
    EXPECT_EQ(testing::bytes_in(path), kept);
  }
}

TEST_F(Witnessing, ServesWhatWasKeptUnderAnotherPolicyOnlyWhereThatIsMet) {
  start();
  until_witnessed();
  asker.reset();
  for (const auto& one : played) one->play("", "503 No");
  ask_for("quorum A\n");
  start();
  EXPECT_NE(asker->newest(), nullptr);
  asker.reset();
  played.push_back(std::make_unique<PlayedWitness>(certificates, "w4.example", 4));
  played.back()->play("", "503 No");
  ask_for("quorum D\n");
  start();
  EXPECT_EQ(asker->newest(), nullptr);
  EXPECT_EQ(asker->status().trouble, "");
  until_failed(3, 1);
  played.back()->play(std::nullopt);
  pass(3'600);
  until([&] { return asker->newest() != nullptr; });
}

// Whoever cannot write the file serves nothing that a restart would forget.
TEST_F(Witnessing, ServesNothingThatIsNotKept) {
  std::filesystem::create_directories(directory.path() + "/main+witnessed.tmp/in-the-way");
  start();
  until([&] {
    const auto now = asker->status().witnesses;
    return std::ranges::all_of(now, [&](const auto& one) { return one.cosigned == world.size(); });
  });
  asker->stop();
  EXPECT_EQ(asker->newest(), nullptr);
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
