// varve-keys revoke against a thief who let keys of his own join before he was noticed.
#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "ledger/format/json.h"
#include "tests/hsm/key_server.h"
#include "tests/hsm/key_tool.h"

namespace varve::keys {
namespace {

using varve::testing::KeyLog;
using varve::testing::KeyServer;
using varve::testing::Outcome;

bool mentions(const Outcome& outcome, const std::string& text) {
  return outcome.output.find(text) != std::string::npos;
}

class Revoking : public varve::testing::KeyTool {
 protected:
  /// log-1 is stolen when the log has two records: log-2 was there before, "thief" came by log-1
  /// afterwards, and "hidden" by "thief".
  static constexpr const char* kSafe = " --last-size 2 ";

  void SetUp() override {
    std::ofstream(soft_.directory() / "bearer") << "operator-token\n";
    first = made("--label log-1");
    server = std::make_unique<KeyServer>(soft_, first);
    second = rotated("log-1", "log-2");
    thief = rotated("log-1", "thief");
    hidden = rotated("thief", "hidden");
    ASSERT_EQ(server->active(), 4U);
    posts = server->posts;
  }
  std::string rotated(const std::string& from, const std::string& to) {
    const auto outcome = run("rotate $token $origin --key pkcs11:object=" + from + " --label " +
                             to + server->arguments());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return first_line(outcome.output);
  }
  [[nodiscard]] static format::VerifierKey key_of(const std::string& vkey) {
    return *format::parse_vkey(vkey);
  }
  [[nodiscard]] static std::string id_of(const std::string& vkey) {
    return format::key_id_text(key_of(vkey));
  }
  [[nodiscard]] std::string revoke() const {
    return "revoke $token $origin --signer pkcs11:object=log-2 --key '" + first + "'" +
           server->arguments();
  }
  [[nodiscard]] std::string confirmed() const {
    return revoke() + " --yes " + id_of(first) + kSafe;
  }
  /// The same keys, whose log no server has; its bundle is the file "bundle".
  [[nodiscard]] KeyLog log_in_a_file() const {
    KeyLog log(soft_, first);
    for (const char* step :
         {"log-1 --label log-2", "log-1 --label thief", "thief --label hidden"}) {
      const auto made =
          run(std::string("rotate $token $origin --out event --key pkcs11:object=") + step);
      EXPECT_EQ(made.exit_code, 0) << made.output;
      EXPECT_TRUE(log.apply(contents("event")));
    }
    std::ofstream(soft_.directory() / "bundle") << log.bundle();
    return log;
  }
  /// How many keys sign now, and whether no signature counts that one of the others ever made.
  void expect_left(const std::vector<std::string>& staying) {
    const auto history = server->history();
    EXPECT_EQ(history.active().size(), staying.size());
    for (const std::string& vkey : {first, second, thief, hidden}) {
      const bool stays = std::ranges::count(staying, vkey) != 0;
      EXPECT_EQ(history.counts(key_of(vkey), TreeSize{3}), stays) << vkey;
    }
  }

  std::string first, second, thief, hidden;
  std::unique_ptr<KeyServer> server;
  int posts = 0;
};

TEST_F(Revoking, DoesNothingBeforeEveryKeyThatJoinedOnItsWordIsDecided) {
  const auto refused = run(confirmed());
  EXPECT_EQ(refused.exit_code, 10);
  for (const std::string& text : {thief + " (record 2)", hidden + " (record 3)",
                                  std::string("--keep"), std::string("--revoke-admitted")})
    EXPECT_TRUE(mentions(refused, text)) << refused.output;
  EXPECT_FALSE(mentions(refused, second)) << "it joined while log-1 was in good hands";
  EXPECT_EQ(run(confirmed() + "--keep '" + hidden + "'").exit_code, 10) << "what of the thief's?";
  const auto dry = run(revoke() + kSafe + "--dry-run");
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_TRUE(mentions(dry, "undecided: " + thief + ", which joined in record 2 on its word\n"));
  EXPECT_TRUE(mentions(dry, "undecided: " + hidden)) << dry.output;
  EXPECT_EQ(server->posts, posts);
  expect_left({first, second, thief, hidden});
}

TEST_F(Revoking, TakesAllThatJoinedOnItsWordAlong) {
  const auto done = run(confirmed() + "--revoke-admitted --json");
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_EQ(done.output, "{\"vkey\":\"" + first + "\",\"admitted\":[{\"key\":\"" + thief +
                             "\",\"record\":2,\"then\":\"revoked\"},{\"key\":\"" + hidden +
                             "\",\"record\":3,\"then\":\"revoked\"}]}\n");
  expect_left({second});
  EXPECT_EQ(server->posts, posts + 3);
  EXPECT_EQ(run(confirmed()).exit_code, 0) << "nothing is left to decide";
  EXPECT_EQ(server->posts, posts + 3);
}

// A key that is kept vouches for those that it let join.
TEST_F(Revoking, KeepsTheKeysThatAreNamed) {
  EXPECT_EQ(run(confirmed() + "--keep " + id_of(thief)).exit_code, 0);
  expect_left({second, thief, hidden});
}

TEST_F(Revoking, KeepsOneAndRevokesTheOther) {
  const auto done = run(confirmed() + "--keep pkcs11:object=hidden --revoke-admitted");
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(mentions(done, "revoked: " + thief));
  EXPECT_TRUE(mentions(done, "kept: " + hidden));
  expect_left({second, hidden});
}

TEST_F(Revoking, KeepsNothingThatIsNotInQuestion) {
  for (const std::string& name : {second, first, std::string("0badc0de"), std::string()})
    EXPECT_EQ(run(confirmed() + "--revoke-admitted --keep '" + name + "'").exit_code, 10) << name;
  EXPECT_EQ(server->posts, posts);
}

// As in the runbook: only the stolen key could let its successor join.
TEST_F(Revoking, KeepsTheKeyThatSignsIt) {
  const auto done = run(revoke() + " --yes " + id_of(first) + " --last-size 1 --revoke-admitted");
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(mentions(done, "kept: " + second + ", which joined in record 1 on its word"))
      << done.output;
  EXPECT_EQ(server->active(), 1U);
}

TEST_F(Revoking, GoesOnWhereAnEarlierRunStopped) {
  server->loses_answers = true;
  for (int lost = 1; lost <= 3; ++lost) {
    EXPECT_NE(run(confirmed() + "--revoke-admitted").exit_code, 0);
    EXPECT_EQ(server->posts, posts + lost) << "each run gets one further";
  }
  expect_left({second});
  EXPECT_EQ(run(confirmed() + "--revoke-admitted").exit_code, 0);
  EXPECT_EQ(server->posts, posts + 3);
}

TEST_F(Revoking, AsksAboutEachOnATerminal) {
  const auto answers = [&](const std::string& typed) {
    std::string command = "--help >/dev/null; printf '" + typed + "' | script -qec \"" +
                          built_file("tools/keys/varve-keys ") + confirmed() + "\" /dev/null";
    return run(command);
  };
  for (const std::string& typed : {std::string("what"), std::string("revoke"), std::string("yes"),
                                   "keep " + id_of(hidden), "revoke " + id_of(hidden)}) {
    const auto nothing = answers(typed + "\\n" + typed + "\\n" + typed + "\\n\\004");
    EXPECT_EQ(nothing.exit_code, 10) << typed << ": " << nothing.output;
    EXPECT_EQ(server->posts, posts) << typed;
  }
  const auto done = answers("revoke " + id_of(thief) + "\\nrevoke " + id_of(thief) + "\\nkeep " +
                            id_of(hidden) + "\\n");
  EXPECT_EQ(done.exit_code, 0) << done.output;
  expect_left({second, hidden});
}

TEST_F(Revoking, NeedsTheLogsHistoryWhereNoServerIsTold) {
  KeyLog log = log_in_a_file();
  std::string revoke = "revoke $token $origin --signer pkcs11:object=log-2 --key '" + first + "'";
  revoke.append(kSafe).append(" --out event ");
  const auto blind = run(revoke);
  EXPECT_EQ(blind.exit_code, 10);
  EXPECT_TRUE(mentions(blind, "--bundle")) << blind.output;
  EXPECT_EQ(run(revoke + "--bundle bundle").exit_code, 10) << "nothing is decided";
  EXPECT_EQ(run(revoke + "--revoke-admitted --bundle bundle").exit_code, 0);
  for (const char* file : {"event", "event.2", "event.3"}) {
    const auto applied = log.apply(contents(file));
    EXPECT_TRUE(applied) << file << ": " << applied.error().message;
  }
  EXPECT_EQ(log.history().active().size(), 1U);
  EXPECT_FALSE(log.history().counts(key_of(hidden), TreeSize{3}));
  std::ofstream(soft_.directory() / "bundle") << log.bundle().substr(1);
  EXPECT_EQ(run(revoke + "--bundle bundle").exit_code, 10) << "no bundle";
}

// They stay, and only a ceremony of their own names others.
TEST_F(Revoking, SaysWhichApproversWereNamedOnItsWord) {
  KeyLog log = log_in_a_file();
  ASSERT_EQ(run("create $token --origin ann --label ann").exit_code, 0);
  const std::string ann =
      first_line(run("show $token --origin ann --key pkcs11:object=ann").output);
  ASSERT_EQ(run("ceremony $token $origin --key pkcs11:object=hidden --approvals 1 --out event "
                "--approver '" +
                ann + "'")
                .exit_code,
            0);
  ASSERT_EQ(run("approve $token event --key pkcs11:object=ann --name ann").exit_code, 0);
  ASSERT_TRUE(log.apply(contents("event")));
  std::ofstream(soft_.directory() / "bundle") << log.bundle();
  const std::string dry = "revoke $token $origin --signer pkcs11:object=log-2 --key '" + first +
                          "'" + kSafe + " --out event --bundle bundle --dry-run ";
  const std::string said = "record 4 named approvers on its word";
  EXPECT_TRUE(mentions(run(dry), said)) << run(dry).output;
  EXPECT_TRUE(mentions(run(dry + "--revoke-admitted"), said));
  EXPECT_TRUE(mentions(run(dry + "--json"), "\"approvers_named_in\":[4]"));
  EXPECT_FALSE(mentions(run(dry + "--keep " + id_of(hidden)), said)) << "it is in good hands";
}

// It stays, too, until another is named: by a key in good hands.
TEST_F(Revoking, SaysThatTheWitnessKeyWasNamedOnItsWordUntilAnotherIs) {
  const auto name = [&](const char* by, const char* label) {
    const auto named = run(std::string("witness-key $token $origin --key pkcs11:object=") + by +
                           " --label " + label + server->arguments());
    ASSERT_EQ(named.exit_code, 0) << named.output;
  };
  const std::string dry = revoke() + kSafe + " --dry-run ";
  EXPECT_TRUE(mentions(run(dry), "by this key answers 403 from then on"));
  name("hidden", "w-1");
  EXPECT_TRUE(mentions(run(dry), "witnesses go on that have the log's witness key"));
  const std::string said = "record 4 named a witness key on its word";
  EXPECT_TRUE(mentions(run(dry), said)) << run(dry).output;
  EXPECT_TRUE(mentions(run(dry + "--json"), "\"witness_keys_named_in\":[4]"));
  EXPECT_FALSE(mentions(run(dry + "--keep " + id_of(hidden)), said)) << "it is in good hands";
  name("log-2", "w-2");
  EXPECT_FALSE(mentions(run(dry), "named a witness key"));
}

TEST_F(Revoking, EndsTheWorthOfAKeyThatLetNothingJoin) {
  const std::string safe = " --last-size 70 --yes " + id_of(first);
  EXPECT_EQ(run(revoke() + " --yes " + id_of(first)).exit_code, 2) << "without a size";
  EXPECT_EQ(run("revoke $token $origin --signer pkcs11:object=log-1 --key '" + first + "'" +
                server->arguments() + safe)
                .exit_code,
            10)
      << "it cannot sign its own end";
  EXPECT_EQ(run(revoke() + safe).exit_code, 0);
  EXPECT_TRUE(server->history().counts(key_of(first), TreeSize{70}));
  EXPECT_FALSE(server->history().counts(key_of(first), TreeSize{71}));
}

// What a person is asked to type is what the dry run printed.
TEST_F(Revoking, IsConfirmedByEveryNameThatTheDryRunPrints) {
  const std::string retire =
      "retire $token $origin --signer pkcs11:object=log-2" + server->arguments() + " --key ";
  for (const auto& [command, json_name] :
       {std::pair{revoke() + " --last-size 70", "would_revoke"},
        {retire + "pkcs11:object=thief", "would_retire"},
        {retire + "'" + hidden + "'", "would_retire"},
        {std::string("destroy $token $origin --label hidden"), "would_destroy"}}) {
    SCOPED_TRACE(command);
    const auto dry = run(command + " --dry-run --json");
    const auto json = format::Json::parse(dry.output);
    ASSERT_TRUE(json) << dry.output;
    for (const std::string& other : {std::string("other"), second, id_of(second)})
      EXPECT_EQ(run(command + " --yes '" + other + "'").exit_code, 10) << other;
    EXPECT_TRUE(mentions(run(command + " --dry-run"),
                         "\nconfirmed by --yes '" + *json->text("yes") + "'\n"));
    const std::string by_vkey = command + " --yes '" + *json->text(json_name) + "'";
    EXPECT_EQ(run(by_vkey).exit_code, 0);
  }
  const auto short_name = made("--label other");
  EXPECT_EQ(run("destroy $token $origin --label other --yes other").exit_code, 0) << short_name;
}

// Whatever the server would refuse is refused before a key is made or anything is signed.
TEST_F(Revoking, AndEveryOtherKeyEventSaysThatItNeedsApprovals) {
  ASSERT_EQ(run("create $token --origin ann --label ann").exit_code, 0);
  const std::string ann =
      first_line(run("show $token --origin ann --key pkcs11:object=ann").output);
  ASSERT_EQ(run("ceremony $token $origin --key pkcs11:object=log-2 --approvals 1 --out event "
                "--approver '" +
                ann + "'")
                .exit_code,
            0);
  ASSERT_EQ(run("approve $token event --key pkcs11:object=ann --name ann").exit_code, 0);
  const auto sent = run("send event" + server->arguments());
  EXPECT_EQ(sent.exit_code, 0) << sent.output;
  EXPECT_TRUE(mentions(sent, "action approvers")) << "it says what was sent";
  posts = server->posts;
  for (const std::string& command :
       {std::string("rotate $token $origin --key pkcs11:object=log-2 --label log-9") +
            server->arguments(),
        std::string("retire $token $origin --key pkcs11:object=thief --yes thief "
                    "--signer pkcs11:object=log-2") +
            server->arguments(),
        confirmed() + "--revoke-admitted"}) {
    for (const char* more : {"", " --dry-run"}) {
      const auto refused = run(command + more);
      EXPECT_EQ(refused.exit_code, 10) << refused.output;
      for (const char* text :
           {"without 1 approval, and nothing was made", "--out FILE", "varve-keys approve"})
        EXPECT_TRUE(mentions(refused, text)) << refused.output;
    }
  }
  EXPECT_EQ(server->posts, posts);
  EXPECT_EQ(run("show $token $origin --key pkcs11:object=log-9").exit_code, 11) << "none was made";
}

TEST_F(Revoking, AndEveryOtherKeyEventIsRefusedOfAKeyThatDoesNotSign) {
  ASSERT_NE(made("--label stranger"), "");
  const auto rotated_by_stranger =
      run("rotate $token $origin --key pkcs11:object=stranger --label log-9" + server->arguments());
  EXPECT_EQ(rotated_by_stranger.exit_code, 10) << rotated_by_stranger.output;
  EXPECT_TRUE(mentions(rotated_by_stranger, "does not sign with"));
  EXPECT_EQ(run("show $token $origin --key pkcs11:object=log-9").exit_code, 11) << "none was made";
}

}  // namespace
}  // namespace varve::keys
