// A witness and a log of Varve whose keys change: what its history proves counts, and nothing else.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "ledger/env/posix.h"
#include "ledger/verify/contradictions.h"
#include "ledger/witness/witness.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"
#include "tests/verify/log_builder.h"

namespace varve::witness {
namespace {

using verify::LeafReader;
using verify::LogBuilder;
using verify::SigningKey;

struct FollowedLog : ::testing::Test {
  env::TemporaryDirectory directory;
  std::unique_ptr<env::Filesystem> files = *env::open_posix(directory.path());
  testing::SoftKey key{"w.example"};
  testing::SoftSigner signer;
  LogBuilder log;
  SigningKey second = SigningKey::make(log.origin, "second");
  std::vector<Urgency> asked;
  std::vector<std::string> notices;
  std::unique_ptr<Witness> opened;

  FollowedLog() {
    signer.add(key);
    grow();
    open();
    list();
  }
  void open() {
    opened.reset();
    WitnessOptions options;
    options.key = *format::make_cosigner_key("w.example", key.key.key);
    options.signer = &signer;
    options.clock = &env::posix_clock();
    options.notice = [this](std::string_view event, std::string_view, const std::string&) {
      notices.emplace_back(event);
    };
    options.follow = [this](const std::string&, Urgency urgency) { asked.push_back(urgency); };
    opened = *Witness::open(*files, std::move(options));
  }
  void list() const {
    const std::string text = "logs/v0\nvkey " + format::format_vkey(log.first.verifier) +
                             "\nvarve https://log.example/logs/main\n";
    ASSERT_TRUE(opened->set_logs(*format::parse_log_list(text)));
  }
  void grow() { log.event(format::kLogItself, log.records.size(), "event"); }
  [[nodiscard]] static std::string request(const LogBuilder& of, std::size_t old, std::size_t size,
                                           const std::string& note) {
    merkle::Proof proof;
    if (old != 0)
      proof = *merkle::prove_consistency(TreeSize{old}, TreeSize{size}, LeafReader(of, size));
    std::string body = "old " + std::to_string(old) + "\n";
    for (const Hash& hash : proof) body += base64(hash.view()) + "\n";
    return body + "\n" + note;
  }
  [[nodiscard]] Means add_body(const std::string& body) const {
    std::promise<Means> means;
    opened->add(body, [&means](const Answer& answer) { means.set_value(answer.means); });
    return means.get_future().get();
  }
  [[nodiscard]] Means add_of(const LogBuilder& of, std::size_t old, std::size_t size) const {
    return add_body(request(of, old, size, of.checkpoint(size)));
  }
  [[nodiscard]] Means add(std::size_t old, std::size_t size) const {
    return add_of(log, old, size);
  }
  /// What its server shows, of its first `size` records.
  [[nodiscard]] ShownHistory shown(const LogBuilder& of, std::size_t size) const {
    const std::string json(text_of(of.files(size).at("keys")));
    ShownHistory history{json,
                         *verify::open_keys(json, log.first.verifier),
                         *opened->cosigned_size(log_id(log.origin)),
                         {}};
    const std::size_t from = history.from.value;
    if (from != 0 && from <= size)
      history.proof =
          *merkle::prove_consistency(TreeSize{from}, TreeSize{size}, LeafReader(of, size));
    return history;
  }
  [[nodiscard]] Result<bool> learn_of(const LogBuilder& of, std::size_t size) const {
    return opened->learn(opened->find_log(log.origin), shown(of, size));
  }
  [[nodiscard]] Result<bool> learn() const { return learn_of(log, log.records.size()); }
  [[nodiscard]] bool has_evidence() const {
    return opened->contradiction(log_id(log.origin))->has_value();
  }
  /// A second history of the same length and one more.
  [[nodiscard]] LogBuilder other(const std::string& what) const {
    LogBuilder copy = log;
    copy.records.pop_back();
    copy.event(format::kLogItself, copy.records.size(), what);
    copy.event(format::kLogItself, copy.records.size(), what);
    return copy;
  }
};

TEST_F(FollowedLog, IsNotCosignedBeforeItHasShownItsKeys) {
  EXPECT_EQ(add(0, 2), Means::kTrouble);
  EXPECT_EQ(asked, std::vector{Urgency::kSoon});
  EXPECT_TRUE(*learn());
  EXPECT_EQ(add(0, 2), Means::kCosigned);
  EXPECT_EQ(asked.back(), Urgency::kHourly);
}

TEST_F(FollowedLog, IsKnownByTheKeyThatItsHistoryProvedAlsoAfterARestart) {
  ASSERT_TRUE(learn());
  ASSERT_EQ(add(0, 2), Means::kCosigned);
  log.rotate_key(second);
  log.retire_key(log.first);
  const std::size_t size = log.records.size();
  EXPECT_EQ(add(2, size), Means::kNotSigned);
  EXPECT_EQ(asked, (std::vector{Urgency::kHourly, Urgency::kSoon}));
  EXPECT_TRUE(*learn());
  EXPECT_FALSE(*learn()) << "nothing is new";
  EXPECT_EQ(add(2, size), Means::kCosigned);
  open();
  list();
  grow();
  EXPECT_EQ(add(size, size + 1), Means::kCosigned);
}

TEST_F(FollowedLog, CannotTakeBackAKeyEvent) {
  const ShownHistory before = shown(log, log.records.size());
  log.rotate_key(second);
  ASSERT_TRUE(*learn());
  const auto taken = opened->learn(opened->find_log(log.origin), before);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kCorrupt);
}

// A reload reads what is stored while the log shows more.
TEST_F(FollowedLog, LosesNothingThatItShowsWhileTheListIsReadAgain) {
  ASSERT_TRUE(learn());
  std::atomic<bool> done = false;
  std::thread reloads([&] {
    while (!done) list();
  });
  for (int i = 0; i < 20; ++i) {
    log.rotate_key(SigningKey::make(log.origin, "key " + std::to_string(i)));
    EXPECT_TRUE(*learn());
    EXPECT_EQ(opened->find_log(log.origin)->keys.size(), log.active.size());
  }
  done = true;
  reloads.join();
  EXPECT_EQ(opened->find_log(log.origin)->keys.size(), log.active.size());
}

// The thief of a key posts a tree that the log does not have: it must not keep the log from revoking the key.
TEST_F(FollowedLog, LosesARevokedKeyAtOnceAndGetsNoNewOneFromATreeThatIsNotTheCosignedOne) {
  log.rotate_key(second);
  grow();
  ASSERT_TRUE(learn());
  LogBuilder thief = other("of the thief");
  thief.active = {log.first};
  const std::size_t size = thief.records.size();
  ASSERT_EQ(add_of(thief, 0, size), Means::kCosigned);
  const SigningKey third = SigningKey::make(log.origin, "third");
  log.rotate_key(third);
  log.revoke_key(log.first, 1);
  for (const bool restarted : {false, true}) {
    if (restarted) {
      open();
      list();
    } else {
      EXPECT_FALSE(learn());
    }
    const auto& keys = opened->find_log(log.origin)->keys;
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys.front(), second.verifier) << "the third one is in no tree that was cosigned";
  }
}

// The reason for which a thief would add a line: the evidence could not be read, nor the log be followed.
TEST_F(FollowedLog, HasNoLineInItsCheckpointThatAnAuditorDoesNotRead) {
  ASSERT_TRUE(learn());
  ASSERT_EQ(add(0, 2), Means::kCosigned);
  grow();
  const auto note = format::parse_note(log.checkpoint(3));
  EXPECT_EQ(add_body(request(log, 2, 3, verify::sign_note(note->text + "more\n", log.active))),
            Means::kMalformed);
}

// Revoked, and the witness does not know yet: a thief's tree says nothing against the log.
TEST_F(FollowedLog, IsJudgedByTheKeysThatItShowsAfterTheSecondHistoryWasSeen) {
  log.rotate_key(second);
  grow();
  ASSERT_TRUE(learn());
  const std::size_t size = log.records.size();
  ASSERT_EQ(size, 4U);
  const LogBuilder thief = other("of the thief");
  LogBuilder stolen = thief;
  stolen.active = {log.first};
  ASSERT_EQ(add(0, size), Means::kCosigned);
  EXPECT_EQ(add_of(stolen, 0, size), Means::kConflict) << "another tree of one size";
  EXPECT_EQ(asked.back(), Urgency::kNow);
  EXPECT_FALSE(has_evidence());
  grow();
  EXPECT_EQ(add(size, size + 1), Means::kTrouble) << "until it has shown its keys";
  log.revoke_key(log.first, 1);
  EXPECT_TRUE(*learn());
  EXPECT_FALSE(has_evidence());
  EXPECT_EQ(add(size, log.records.size()), Means::kCosigned);
  EXPECT_EQ(add_of(stolen, size, size + 1), Means::kNotSigned);
}

TEST_F(FollowedLog, IsCosignedNeverAgainWhereItsKeysSignedTwoHistories) {
  ASSERT_TRUE(learn());
  const std::size_t size = log.records.size();
  ASSERT_EQ(add(0, size), Means::kCosigned);
  EXPECT_EQ(add_of(other("a second history"), 0, size), Means::kConflict);
  EXPECT_FALSE(*learn());
  EXPECT_TRUE(has_evidence());
  EXPECT_EQ(notices, std::vector<std::string>{"log_contradicts"});
  grow();
  EXPECT_EQ(add(size, size + 1), Means::kContradicted);
  open();
  list();
  EXPECT_EQ(add(size, size + 1), Means::kContradicted);
}

TEST_F(FollowedLog, IsAccusedByTheTreeOfItsOwnServer) {
  grow();
  ASSERT_TRUE(learn());
  ASSERT_EQ(add(0, 3), Means::kCosigned);
  EXPECT_FALSE(learn_of(other("a second history"), 4));
  EXPECT_TRUE(has_evidence());
}

// The proof from a power of two does not hold the root that the evidence needs. The server shows it, or does not, or
// shows another one.
TEST_F(FollowedLog, IsAccusedByItsServerAtAPowerOfTwoWhereThatShowsTheRootOfItsBeginning) {
  grow();
  grow();
  ASSERT_TRUE(learn());
  ASSERT_EQ(add(0, 4), Means::kCosigned);
  const LogBuilder forked = other("a second history");
  asked.clear();
  EXPECT_EQ(add_of(forked, 4, 5), Means::kNotProven);
  EXPECT_EQ(asked.back(), Urgency::kSoon) << "its server may show more";
  const auto learn_with = [&](const std::optional<Hash>& beginning) {
    ShownHistory history = shown(forked, 5);
    history.beginning = beginning;
    return opened->learn(opened->find_log(log.origin), std::move(history));
  };
  const Hash own = *merkle::tree_root(TreeSize{4}, LeafReader(log, 4));
  for (const auto& beginning : {std::optional<Hash>{}, std::optional(Hash{}), std::optional(own)}) {
    EXPECT_FALSE(learn_with(beginning));
    EXPECT_FALSE(has_evidence());
  }
  EXPECT_FALSE(learn_with(*merkle::tree_root(TreeSize{4}, LeafReader(forked, 4))));
  EXPECT_TRUE(has_evidence());
  const verify::Trust trust{log.origin, log.first.verifier, {}, {}};
  EXPECT_TRUE(verify::verify_contradiction(**opened->contradiction(log_id(log.origin)), trust));
}

// Else a log that was caught revokes the key that it lied with, and goes on.
TEST_F(FollowedLog, StaysAccusedWhenTheKeyThatSignedTheEvidenceIsRevoked) {
  log.rotate_key(second);
  grow();
  ASSERT_TRUE(learn());
  const std::size_t size = log.records.size();
  LogBuilder thief = other("of the thief");
  thief.active = {log.first};
  ASSERT_EQ(add(0, size), Means::kCosigned);
  EXPECT_EQ(add_of(thief, 0, size), Means::kConflict);
  ASSERT_TRUE(learn());
  ASSERT_TRUE(has_evidence());
  log.revoke_key(log.first, 1);
  EXPECT_TRUE(*learn());
  EXPECT_TRUE(has_evidence());
  EXPECT_EQ(notices, std::vector<std::string>{"log_contradicts"});
  EXPECT_EQ(add(size, log.records.size()), Means::kContradicted);
  open();
  list();
  EXPECT_TRUE(has_evidence());
}

// What waits was admitted by keys, and by a list, that may have changed when its turn comes. The first answer comes
// between the two rounds.
struct FollowedLogThatWaits : FollowedLog {
  Means second_answer_after(const std::function<void()>& between) {
    log.rotate_key(second);
    EXPECT_TRUE(learn());
    LogBuilder stolen = log;
    stolen.active = {log.first};
    const std::string waiting = request(stolen, 2, 3, stolen.checkpoint(3));
    std::promise<Means> waits;
    {
      const std::lock_guard slow(signer.pause);
      opened->add(request(log, 0, 2, log.checkpoint(2)), [&](const Answer&) { between(); });
      while (signer.asked == 0) std::this_thread::yield();
      opened->add(waiting, [&](const Answer& answer) { waits.set_value(answer.means); });
    }
    return waits.get_future().get();
  }
};

TEST_F(FollowedLogThatWaits, IsNotCosignedByAKeyThatItHasLost) {
  EXPECT_EQ(second_answer_after([this] {
              log.revoke_key(log.first, 1);
              EXPECT_TRUE(learn());
            }),
            Means::kNotSigned);
}

TEST_F(FollowedLogThatWaits, IsNotCosignedWhenItIsListedNoMore) {
  EXPECT_EQ(second_answer_after([this] { EXPECT_TRUE(opened->set_logs({})); }), Means::kUnknownLog);
}

}  // namespace
}  // namespace varve::witness
