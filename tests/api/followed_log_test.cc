// A witness and a log of Varve whose keys change: what its history proves counts, and nothing else.
#include <gtest/gtest.h>

#include "ledger/env/posix.h"
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
  std::vector<bool> asked;  // whether a known key had signed
  std::unique_ptr<Witness> opened;

  FollowedLog() {
    signer.add(key);
    grow();
    open();
  }
  void open() {
    opened.reset();
    WitnessOptions options;
    options.key = *format::make_cosigner_key("w.example", key.key.key);
    options.signer = &signer;
    options.clock = &env::posix_clock();
    options.notice = [](std::string_view, std::string_view, const std::string&) {};
    options.followed_log_asked = [this](const std::string&, bool known) { asked.push_back(known); };
    opened = *Witness::open(*files, std::move(options));
    const std::string list = "logs/v0\nvkey " + format::format_vkey(log.first.verifier) +
                             "\nvarve https://log.example/logs/main\n";
    ASSERT_TRUE(opened->set_logs(*format::parse_log_list(list)));
  }
  void grow() { log.event(format::kLogItself, log.records.size(), "event"); }
  [[nodiscard]] Means add(std::size_t old, std::size_t size) const {
    merkle::Proof proof;
    if (old != 0)
      proof = *merkle::prove_consistency(TreeSize{old}, TreeSize{size}, LeafReader(log, size));
    std::string body = "old " + std::to_string(old) + "\n";
    for (const Hash& hash : proof) body += base64(hash.view()) + "\n";
    std::promise<Means> means;
    opened->add(body + "\n" + log.checkpoint(size),
                [&means](const Answer& answer) { means.set_value(answer.means); });
    return means.get_future().get();
  }
  [[nodiscard]] std::string keys(std::size_t size) const {
    return std::string(text_of(log.files(size).at("keys")));
  }
  [[nodiscard]] Result<bool> learn(std::size_t size) const {
    const std::string json = keys(size);
    return opened->learn(opened->find_log(log.origin), json,
                         *verify::open_keys(json, log.first.verifier));
  }
};

TEST_F(FollowedLog, IsKnownByTheKeyThatItsHistoryProvedAlsoAfterARestart) {
  ASSERT_EQ(add(0, 2), Means::kCosigned);
  log.rotate_key(second);
  log.retire_key(log.first);
  const std::size_t size = log.records.size();
  EXPECT_EQ(add(2, size), Means::kNotSigned);
  EXPECT_EQ(asked, (std::vector<bool>{true, false}));
  EXPECT_TRUE(*learn(size));
  EXPECT_FALSE(*learn(size)) << "nothing is new";
  EXPECT_EQ(add(2, size), Means::kCosigned);
  open();
  grow();
  EXPECT_EQ(add(size, size + 1), Means::kCosigned);
}

TEST_F(FollowedLog, CannotTakeBackAKeyEvent) {
  const std::size_t before = log.records.size();
  const std::string shorter = keys(before);
  log.rotate_key(second);
  ASSERT_TRUE(*learn(log.records.size()));
  const auto taken = opened->learn(opened->find_log(log.origin), shorter,
                                   *verify::open_keys(shorter, log.first.verifier));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kCorrupt);
}

// A thief's tree says nothing against a log that has revoked the key; until it has, it is the log's own signature.
TEST_F(FollowedLog, IsNotAccusedByAKeyThatItHasRevoked) {
  const std::size_t size = log.records.size();
  LogBuilder thief = log;
  thief.event(format::kLogItself, size, "of the thief");
  const std::string stolen = thief.checkpoint(size + 1);
  log.rotate_key(second);
  const auto accusation = [&] {
    const std::string note = log.checkpoint(size + 1);
    const auto parsed = format::parse_note(note);
    return format::Contradiction{
        format::parse_checkpoint_text(parsed->text)->root, {}, stolen, note};
  };
  KnownLog known = *opened->find_log(log.origin);
  EXPECT_TRUE(is_evidence(known, accusation())) << "its history is not known";
  known.proven = *verify::open_keys(keys(log.records.size()), log.first.verifier);
  EXPECT_TRUE(is_evidence(known, accusation()));
  log.revoke_key(log.first, size);
  known.proven = *verify::open_keys(keys(log.records.size()), log.first.verifier);
  EXPECT_FALSE(is_evidence(known, accusation()));
}

}  // namespace
}  // namespace varve::witness
