// varve-keys as an operator runs it, against a real token and a small server that keeps a log's
// key history.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "hsm/token.h"
#include "ledger/format/control.h"
#include "ledger/format/json.h"
#include "ledger/rules/key_history.h"
#include "tests/hsm/key_server.h"
#include "tests/hsm/key_tool.h"

namespace varve::keys {
namespace {

using varve::testing::KeyServer;
using varve::testing::Outcome;
using varve::testing::SoftToken;

using VarveKeys = varve::testing::KeyTool;

constexpr std::string_view kOrigin = VarveKeys::kOrigin;

rules::KeyHistory history_from(const std::string& vkey) {
  const auto first = format::parse_vkey(vkey);
  CHECK(first.has_value());
  return rules::KeyHistory::trusting(std::string(kOrigin), *first);
}

/// The note that creates a log's first key, as the server writes it into record 0.
std::string creation(const SoftToken& soft, const std::string& vkey) {
  const auto key = *format::parse_vkey(vkey);
  const format::KeyEvent event{format::KeyAction::kCreate, std::string(kOrigin), key};
  format::Note note{format::key_event_text(event), {}};
  const auto token = soft.open();
  note.signatures.push_back({key.name, key.id, *token->sign(key.key, bytes_of(note.text))});
  return format::format_note(note);
}

TEST_F(VarveKeys, MakesATokenThatItCanThenUse) {
  const auto made_token =
      run("init-token $module --label 'second one' --so-pin file:so-pin --pin file:pin");
  EXPECT_EQ(made_token.exit_code, 0) << made_token.output;
  EXPECT_EQ(made_token.output, "pkcs11:token=second%20one\n");
  const auto list = run("list $module --token pkcs11:token=second%20one --pin file:pin --json");
  EXPECT_EQ(list.output, "{\"keys\":[]}\n");
  const auto again =
      run("init-token $module --label 'second one' --so-pin file:so-pin --pin file:pin");
  EXPECT_EQ(again.exit_code, 12) << again.output;
}

TEST_F(VarveKeys, MakesShowsAndTestsAKeyOfEachAlgorithm) {
  for (const char* algorithm : {"ed25519", "p256"}) {
    SCOPED_TRACE(algorithm);
    const std::string name = algorithm;
    const std::string vkey = made("--label log-" + name + " --algorithm " + name);
    EXPECT_TRUE(format::parse_vkey(vkey)) << vkey;
    const auto shown = run("show $token $origin --key pkcs11:object=log-" + name);
    EXPECT_EQ(first_line(shown.output), vkey);
    EXPECT_NE(shown.output.find("the token claims  private, sensitive"), std::string::npos);
    const auto tested = run("test $token $origin --key pkcs11:object=log-" + name);
    EXPECT_EQ(tested.exit_code, 0) << tested.output;
    EXPECT_TRUE(tested.output.starts_with("signed and verified in ")) << tested.output;
  }
}

TEST_F(VarveKeys, ListsKeysForPeopleAndForScripts) {
  const std::string vkey = made("--label log-1");
  EXPECT_NE(run("list $token").output.find("log-1  ed25519"), std::string::npos);
  const auto json = format::Json::parse(run("list $token --json").output);
  ASSERT_TRUE(json) << json.error().message;
  const auto keys = json->objects("keys");
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_EQ(*keys->front().text("uri"), "pkcs11:object=log-1");
  EXPECT_EQ(*keys->front().base64_bytes("public_key"), format::parse_vkey(vkey)->key);
  const auto one =
      format::Json::parse(run("show $token $origin --key pkcs11:object=log-1 --json").output);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one->text("vkey"), vkey);
}

TEST_F(VarveKeys, EndsWithTheExitCodeOfWhatWentWrong) {
  struct Case {
    const char* arguments;
    int exit_code;
  };
  ASSERT_NE(made("--label log-1"), "");
  for (const auto& [arguments, exit_code] :
       {Case{"", 2}, Case{"create $token", 2}, Case{"dance", 2},
        Case{"create $token $origin --label x --algorithm rsa", 2}, Case{"--help", 0},
        Case{"create $token $origin --label log-1", 12},
        Case{"create $token --origin 'a b' --label log-9", 10},
        Case{"show $token $origin --key pkcs11:object=nobody", 11},
        Case{"show $token $origin --key nobody", 10},
        Case{"list $module --token pkcs11:token=nobody --pin file:pin", 11},
        Case{"list $module --token pkcs11:token=varve --pin file:so-pin", 14},
        Case{"list $module --token pkcs11:token=varve --pin 1234", 10},
        Case{"list --module /nonexistent.so --token pkcs11:token=varve --pin file:pin", 14},
        Case{"rotate $token $origin --key pkcs11:object=log-1 --label log-2", 10}}) {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments << ": " << outcome.output;
    EXPECT_EQ(outcome.output.find(SoftToken::kPin), std::string::npos) << "the PIN was printed";
  }
}

TEST_F(VarveKeys, MakesNoKeyForAnOriginThatCannotBeOne) {
  EXPECT_EQ(run("create $token --origin 'a b' --label log-1").exit_code, 10);
  EXPECT_EQ(run("list $token --json").output, "{\"keys\":[]}\n");
}

TEST_F(VarveKeys, RotatesAndRetiresByNotesThatAVerifierOfTheFirstKeyFollows) {
  const std::string first = made("--label log-1");
  auto history = history_from(first);
  ASSERT_TRUE(history.apply(creation(soft_, first)));
  const auto rotated = run(
      "rotate $token $origin --key pkcs11:object=log-1 --label log-2 --algorithm p256 --out event");
  ASSERT_EQ(rotated.exit_code, 0) << rotated.output;
  const auto joined = history.apply(contents("event"));
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(history.active().size(), 2u);
  EXPECT_EQ(format::format_vkey(history.active().back()), first_line(rotated.output));

  const auto retired =
      run("retire $token $origin --key '" + first + "' --signer pkcs11:object=log-2 --out event");
  ASSERT_EQ(retired.exit_code, 0) << retired.output;
  const auto left = history.apply(contents("event"));
  ASSERT_TRUE(left) << left.error().message;
  ASSERT_EQ(history.active().size(), 1u);
  EXPECT_EQ(format::format_vkey(history.active().front()), first_line(rotated.output));
}

TEST_F(VarveKeys, AttestsAKeyThatItMade) {
  const std::string vkey = made("--label log-1");
  const auto attested = run("attest $token $origin --key pkcs11:object=log-1");
  EXPECT_EQ(attested.exit_code, 0) << attested.output;
  EXPECT_EQ(first_line(attested.output), vkey);
  EXPECT_NE(attested.output.find("read=refused wrap=refused relax=refused copy=refused"),
            std::string::npos);
  EXPECT_NE(attested.output.find("PKCS#11 has no counter of signatures"), std::string::npos);
  const auto json =
      format::Json::parse(run("attest $token $origin --key pkcs11:object=log-1 --json").output);
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json->text("vkey"), vkey);
  EXPECT_TRUE(json->text("token")->starts_with("pkcs11:manufacturer=SoftHSM%20project;"));
}

TEST_F(VarveKeys, DoesNotAttestWhatATokenDoesNotClaim) {
  const auto attest = [&](const std::string& options) {
    std::string tool = "pkcs11-tool --module ";
    tool.append(testing::kPlainSoftHsm).append(" --token-label varve --login --pin ");
    tool.append(SoftToken::kPin).append(" --keypairgen --key-type EC:prime256v1 --label bad ");
    const auto made_key = varve::testing::run_command(tool.append(options));
    EXPECT_EQ(made_key.exit_code, 0) << made_key.output;
    return run("attest $token $origin --key pkcs11:object=bad");
  };
  const auto refused = attest("--id 01 --extractable");
  EXPECT_EQ(refused.exit_code, 14) << refused.output;
  EXPECT_NE(refused.output.find("never extractable"), std::string::npos) << refused.output;
}

TEST_F(VarveKeys, WritesIntoTheEventWhatIsKnownOfTheNewKey) {
  ASSERT_NE(made("--label log-1"), "");
  const Buffer certificate(200, std::byte{0x30});
  std::ofstream(soft_.directory() / "vendor.der", std::ios::binary) << text_of(certificate);
  const auto rotated =
      run("rotate $token $origin --key pkcs11:object=log-1 --label log-2 --out event "
          "--attestation vendor.der");
  ASSERT_EQ(rotated.exit_code, 0) << rotated.output;
  const auto event = format::parse_key_event(format::parse_note(contents("event"))->text);
  ASSERT_TRUE(event && event->statement);
  EXPECT_TRUE(event->statement->probe && event->statement->probe->held());
  EXPECT_TRUE(event->statement->claims.never_extractable);
  ASSERT_EQ(event->statement->attestations.size(), 1u);
  EXPECT_EQ(event->statement->attestations.front(), certificate);
  EXPECT_EQ(run("rotate $token $origin --key pkcs11:object=log-1 --label log-3 --out event "
                "--attestation nowhere.der")
                .exit_code,
            11);
}

// Two operators with keys of their own; the log then takes no key event without them.
TEST_F(VarveKeys, HoldsACeremonyWhoseApprovalsTheLogThenDemands) {
  const std::string first = made("--label log-1");
  auto history = history_from(first);
  ASSERT_TRUE(history.apply(creation(soft_, first)));
  std::string approvers;
  for (const std::string name : {"ann", "bob"}) {
    const auto key = run("create $token --algorithm p256 --origin " + name + " --label " + name);
    ASSERT_EQ(key.exit_code, 0) << key.output;
    approvers.append(" --approver '").append(first_line(key.output)).append("'");
  }
  const std::string ceremony =
      "ceremony $token $origin --key pkcs11:object=log-1 --out event --approvals ";
  EXPECT_EQ(run(ceremony + "3" + approvers).exit_code, 10);
  ASSERT_EQ(run(ceremony + "2" + approvers).exit_code, 0);
  EXPECT_FALSE(history.apply(contents("event"))) << "nobody approved";
  const auto approve = [&](const std::string& name) {
    return run("approve $token event --key pkcs11:object=" + name + " --name " + name);
  };
  const std::string unsigned_event = contents("event");
  const auto read_first = run("approve $token event --dry-run --key pkcs11:object=ann --name ann");
  EXPECT_NE(read_first.output.find("action approvers"), std::string::npos);
  EXPECT_TRUE(read_first.output.ends_with("\nnot approved: event has 1 signature\n"));
  EXPECT_EQ(contents("event"), unsigned_event);
  const auto by_ann = approve("ann");
  EXPECT_NE(by_ann.output.find("action approvers"), std::string::npos);
  EXPECT_NE(by_ann.output.find("\napproved by ann+"), std::string::npos) << by_ann.output;
  EXPECT_TRUE(by_ann.output.ends_with(": event has 2 signatures\n")) << by_ann.output;
  EXPECT_FALSE(history.apply(contents("event"))) << "one of two approved";
  const auto twice = approve("ann");
  EXPECT_EQ(twice.exit_code, 0);
  EXPECT_NE(twice.output.find("\napproved before by ann+"), std::string::npos) << twice.output;
  EXPECT_FALSE(history.apply(contents("event"))) << "one of two approved, twice";
  EXPECT_EQ(approve("bob").exit_code, 0);
  const auto named = history.apply(contents("event"));
  ASSERT_TRUE(named) << named.error().message;

  ASSERT_EQ(
      run("rotate $token $origin --key pkcs11:object=log-1 --label log-2 --out event").exit_code,
      0);
  EXPECT_FALSE(history.apply(contents("event")));
  EXPECT_EQ(approve("ann").exit_code + approve("bob").exit_code, 0);
  const auto joined = history.apply(contents("event"));
  EXPECT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(run("approve $token pin --key pkcs11:object=ann --name ann").exit_code, 10);
}

TEST_F(VarveKeys, RotatesAgainWithTheKeyThatAnEarlierRunMade) {
  ASSERT_NE(made("--label log-1"), "");
  const char* const command =
      "rotate $token $origin --key pkcs11:object=log-1 --label log-2 --out event";
  const auto once = run(command);
  const auto twice = run(command);
  EXPECT_EQ(once.exit_code, 0) << once.output;
  EXPECT_EQ(once.output, twice.output);
  EXPECT_EQ(run("rotate $token $origin --key pkcs11:object=log-1 --label log-2 --algorithm p256 "
                "--out event")
                .exit_code,
            10);
  EXPECT_EQ(
      run("rotate $token $origin --key pkcs11:object=log-1 --label log-1 --out event").exit_code,
      10);
  EXPECT_EQ(run("retire $token $origin --key pkcs11:object=log-1 --signer pkcs11:object=log-1 "
                "--out event")
                .exit_code,
            10);
}

TEST_F(VarveKeys, TellsTheServerOnceAlsoWhenItsAnswerWasLost) {
  const std::string first = made("--label log-1");
  KeyServer server(soft_, first);
  std::ofstream(soft_.directory() / "bearer") << "operator-token\n";
  const std::string rotate =
      "rotate $token $origin --key pkcs11:object=log-1 --label log-2" + server.arguments();
  server.loses_answers = true;
  EXPECT_NE(run(rotate).exit_code, 0);
  const auto again = run(rotate);
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(server.posts, 1);
  EXPECT_EQ(server.active(), 2u);

  server.loses_answers = false;
  const std::string retire =
      "retire $token $origin --key pkcs11:object=log-1 --signer "
      "pkcs11:object=log-2" +
      server.arguments();
  EXPECT_EQ(run(retire).exit_code, 10) << "nobody confirmed";
  EXPECT_EQ(run(retire + " --yes log-2").exit_code, 10) << "another key's name";
  EXPECT_EQ(run(retire + " --dry-run").exit_code, 0);
  EXPECT_EQ(server.posts, 1);
  EXPECT_EQ(run(retire + " --yes log-1").exit_code, 0);
  EXPECT_EQ(run(retire).exit_code, 0) << "the server has it: there is nothing to confirm";
  EXPECT_EQ(server.posts, 2);
  EXPECT_EQ(server.active(), 1u);
  EXPECT_EQ(
      run("rotate $token $origin --key pkcs11:object=log-2 --label log-1" + server.arguments())
          .exit_code,
      10)
      << "a retired key does not come back";
}

TEST_F(VarveKeys, MakesAWitnessKeyOnceAndAnotherInItsPlace) {
  const std::string first = made("--label log-1");
  KeyServer server(soft_, first);
  std::ofstream(soft_.directory() / "bearer") << "operator-token\n";
  const auto witness_key = [&](const std::string& with) {
    return run("witness-key $token $origin --key pkcs11:object=log-1" + server.arguments() + with);
  };
  const auto retire = "retire $token $origin --key '" + first +
                      "' --signer pkcs11:object=log-2 --dry-run" + server.arguments();
  ASSERT_EQ(
      run("rotate $token $origin --key pkcs11:object=log-1 --label log-2" + server.arguments())
          .exit_code,
      0);
  EXPECT_NE(run(retire).output.find("by this key answers 403 from then on"), std::string::npos);
  EXPECT_NE(
      witness_key(" --label w-1 --dry-run").output.find("would make a key 'w-1' and announce"),
      std::string::npos);
  const auto named = witness_key(" --label w-1");
  ASSERT_EQ(named.exit_code, 0) << named.output;
  EXPECT_EQ(format::format_vkey(*server.history().witness_key()), first_line(named.output));
  EXPECT_NE(named.output.find("go on until that one leaves"), std::string::npos) << named.output;
  EXPECT_NE(run(retire).output.find("witnesses go on that have the log's witness key"),
            std::string::npos);
  const int posts = server.posts;
  EXPECT_EQ(witness_key(" --label w-1").output, named.output) << "said again";
  EXPECT_EQ(server.posts, posts) << "the log has it";
  EXPECT_EQ(witness_key(" --label log-2").exit_code, 10) << "it signs the log";
  EXPECT_EQ(run("rotate $token $origin --key pkcs11:object=log-1 --label w-1" + server.arguments())
                .exit_code,
            10);
  const auto refused = run("destroy $token $origin --label w-1 --yes w-1" + server.arguments());
  EXPECT_EQ(refused.exit_code, 10) << refused.output;
  const auto next = witness_key(" --label w-2");
  ASSERT_EQ(next.exit_code, 0) << next.output;
  EXPECT_EQ(format::format_vkey(*server.history().witness_key()), first_line(next.output));
  EXPECT_NE(next.output.find("it answers 403"), std::string::npos) << next.output;
  EXPECT_EQ(witness_key(" --label w-2").output, next.output) << "said again";
  const auto unknown =
      run("witness-key $token $origin --key pkcs11:object=log-1 --label w-3 "
          "--out announced");
  ASSERT_EQ(unknown.exit_code, 0) << unknown.output;
  EXPECT_NE(unknown.output.find("Where the log has a witness key already"), std::string::npos);
  EXPECT_EQ(witness_key(" --label w-1").exit_code, 10) << "it was replaced";
  EXPECT_EQ(run("destroy $token $origin --label w-1 --yes w-1" + server.arguments()).exit_code, 0);
}

TEST_F(VarveKeys, DoesNotDestroyAKeyThatTheLogSignsWith) {
  const std::string first = made("--label log-1");
  const KeyServer server(soft_, first);
  std::ofstream(soft_.directory() / "bearer") << "operator-token\n";
  const auto refused = run("destroy $token $origin --label log-1 --yes log-1" + server.arguments());
  EXPECT_EQ(refused.exit_code, 10) << refused.output;
  EXPECT_NE(refused.output.find("rotate and retire it first"), std::string::npos);
  EXPECT_EQ(run("test $token $origin --key pkcs11:object=log-1").exit_code, 0);
}

}  // namespace
}  // namespace varve::keys
