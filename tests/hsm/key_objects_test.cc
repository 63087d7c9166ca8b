// varve-keys: single objects on a token, and the JSON that every command prints.
#include <filesystem>
#include <fstream>

#include "ledger/format/json.h"
#include "ledger/format/note.h"
#include "tests/directories.h"
#include "tests/hsm/key_log.h"
#include "tests/hsm/key_tool.h"

namespace varve::keys {
namespace {

using KeyObjects = varve::testing::KeyTool;

TEST_F(KeyObjects, DestroysAKeyWhenItsNameIsTyped) {
  const std::string vkey = made("--label log-1");
  const std::string destroy = "destroy $token $origin --label log-1";
  EXPECT_EQ(run(destroy).exit_code, 10) << "nobody confirmed";
  EXPECT_EQ(run(destroy + " --yes log-2").exit_code, 10);
  const auto dry = run(destroy + " --dry-run --json");
  EXPECT_EQ(dry.output, "{\"would_destroy\":\"" + vkey + "\",\"yes\":\"log-1\"}\n");
  EXPECT_EQ(run("test $token $origin --key pkcs11:object=log-1").exit_code, 0) << "it is all there";
  const auto destroyed = run(destroy + " --yes log-1");
  EXPECT_EQ(destroyed.exit_code, 0) << destroyed.output;
  EXPECT_EQ(destroyed.output, vkey + "\n");
  EXPECT_EQ(run("list $token --json").output, "{\"keys\":[]}\n");
  EXPECT_EQ(run(destroy + " --yes log-1").exit_code, 11);
}

// A public half that got lost: without it the token does not find the private one.
TEST_F(KeyObjects, PutsAPublicKeyBackWhereItsPrivateHalfIs) {
  for (const std::string algorithm : {"ed25519", "p256"}) {
    SCOPED_TRACE(algorithm);
    const std::string vkey = made("--label " + algorithm + " --algorithm " + algorithm);
    const std::string other = made("--label other-" + algorithm + " --algorithm " + algorithm);
    const std::string test = "test $token $origin --key pkcs11:object=" + algorithm;
    const std::string import = "import-public $token --label " + algorithm + " --vkey '";
    EXPECT_EQ(run(import + vkey + "'").exit_code, 12) << "it is there";
    {
      const auto token = soft_.open();
      const auto key = format::parse_vkey(vkey);
      ASSERT_TRUE(token->remove_public_key({key->algorithm, key->key}));
    }
    EXPECT_EQ(run(test).exit_code, 11);
    EXPECT_EQ(run(import + other + "'").exit_code, 12);
    EXPECT_EQ(run("destroy $token $origin --label other-" + algorithm + " --yes other-" + algorithm)
                  .exit_code,
              0);
    EXPECT_EQ(run(import + other + "'").exit_code, 10) << "not the public half of that one";
    EXPECT_EQ(run(test).exit_code, 11) << "and it was taken away again";
    const auto imported = run(import + vkey + "'");
    EXPECT_EQ(imported.exit_code, 0) << imported.output;
    EXPECT_EQ(run(test).exit_code, 0);
  }
}

// What is left of a run that was killed while the token made the key: SoftHSM writes the public
// half first.
TEST_F(KeyObjects, RotatesThoughAnEarlierRunLeftHalfAKey) {
  ASSERT_NE(made("--label log-1"), "");
  const std::string rotate =
      "rotate $token $origin --key pkcs11:object=log-1 --label log-2 --out event";
  const auto leave_half = [&] {
    std::string tool = "pkcs11-tool --module ";
    tool.append(varve::testing::kPlainSoftHsm).append(" --token-label varve --login --pin ");
    tool.append(varve::testing::SoftToken::kPin);
    const auto done =
        varve::testing::run_command(tool.append(" --delete-object --type privkey --label log-2"));
    ASSERT_EQ(done.exit_code, 0) << done.output;
  };
  const std::string killed = first_line(run(rotate).output);
  leave_half();
  const auto dry = run(rotate + " --dry-run");
  EXPECT_NE(dry.output.find("would make a key 'log-2'"), std::string::npos) << dry.output;
  const auto again = run(rotate);
  ASSERT_EQ(again.exit_code, 0) << again.output;
  EXPECT_NE(first_line(again.output), killed);
  EXPECT_EQ(run("test $token $origin --key pkcs11:object=log-2").exit_code, 0);

  leave_half();
  EXPECT_EQ(run("create $token $origin --label log-2").exit_code, 12) << "the label is taken";
  EXPECT_EQ(run("destroy $token $origin --label log-2 --yes log-2").exit_code, 0);
  EXPECT_NE(made("--label log-2"), "");
}

TEST_F(KeyObjects, ListsTokensWithoutAPin) {
  const auto text = run("tokens $module");
  ASSERT_EQ(text.exit_code, 0) << text.output;
  for (const char* line :
       {";token=varve\n", "  user PIN  set\n", "  good for  ed25519, p256, month keys\n",
        "  user PIN  the token is not initialised\n"})
    EXPECT_NE(text.output.find(line), std::string::npos) << line << text.output;
  const auto json = format::Json::parse(run("tokens $module --json").output);
  ASSERT_TRUE(json) << json.error().message;
  const auto tokens = json->objects("tokens");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->size(), 2u) << "the token, and SoftHSM's free slot";
}

TEST_F(KeyObjects, ListsATokenThatDoesNotSayWhatItIsWithItsReason) {
  const std::string command = "--help >/dev/null; VARVE_TOKEN_SILENT=1 " +
                              built_file("tools/keys/varve-keys") + " tokens --module " +
                              built_file("tests/hsm/fault_module.so");
  const auto text = run(command);
  EXPECT_EQ(text.exit_code, 0) << text.output;
  for (const char* line : {"  error     token: CKR_TOKEN_NOT_RECOGNIZED while ",
                           "  user PIN  the token is not initialised\n"})
    EXPECT_NE(text.output.find(line), std::string::npos) << line << text.output;
  const auto json = format::Json::parse(run(command + " --json").output);
  ASSERT_TRUE(json) << json.error().message;
  const auto tokens = json->objects("tokens");
  ASSERT_TRUE(tokens);
  ASSERT_EQ(tokens->size(), 2u);
  EXPECT_EQ(tokens->front().text("error").value().find("token: CKR_TOKEN_NOT_RECOGNIZED"), 0u);
}

TEST_F(KeyObjects, SaysWhatAKeyEventWouldBeAndDoesNothing) {
  const std::string first = made("--label log-1");
  const std::string rotate =
      "rotate $token $origin --key pkcs11:object=log-1 --label log-2 --out event --dry-run";
  EXPECT_EQ(run(rotate).output,
            "would make a key 'log-2' and rotate to it\nsigned by " + first + "\nto event\n");
  EXPECT_EQ(run(rotate + " --json").output,
            "{\"would_rotate\":null,\"would_make\":\"log-2\",\"signer\":\"" + first +
                "\",\"to\":[\"event\"]}\n");
  EXPECT_EQ(run("show $token $origin --key pkcs11:object=log-2").exit_code, 11)
      << "nothing was made";
  const std::string second = made("--label log-2");
  EXPECT_EQ(run(rotate).output, "would rotate " + second + "\nsigned by " + first + "\nto event\n");
  std::ofstream(soft_.directory() / "bundle") << varve::testing::KeyLog(soft_, first).bundle();
  const std::string told =  // where the log's history is known
      "a witness that knows the log by this key answers 403 from then on: the log has no witness "
      "key, which varve-keys witness-key makes\n";
  for (const auto& [action, for_witnesses] : {std::pair{std::string("retire"), std::string()},
                                              {"revoke --bundle bundle --last-size 7", told}}) {
    const auto dry =
        run(action + " $token $origin --signer pkcs11:object=log-2 --dry-run --out event --key '" +
            first + "'");
    EXPECT_EQ(dry.output, "would " + action.substr(0, 6) + " " + first + "\nsigned by " + second +
                              "\nto event\n" + for_witnesses);
  }
  EXPECT_FALSE(std::filesystem::exists(soft_.directory() / "event"));
}

// Every command that prints something prints one JSON object when it is asked to.
TEST_F(KeyObjects, PrintsJsonForEveryCommandThatPrintsAnything) {
  const std::string first = made("--label log-1");
  ASSERT_NE(made("--label old"), "");
  std::ofstream(soft_.directory() / "bundle") << varve::testing::KeyLog(soft_, first).bundle();
  ASSERT_EQ(run("create $token --origin ann --label ann").exit_code, 0);
  std::filesystem::create_directory(soft_.directory() / "store");
  const std::string kek = " $token --prefix varve/log --store store";
  const std::string event = " --key pkcs11:object=log-1 --out event";
  const std::string leaves =
      " $token $origin --signer pkcs11:object=log-2 --out event --key '" + first + "'";
  const std::vector<std::string> table = {
      "tokens $module",
      "rotate $token $origin --label log-9 --dry-run" + event,
      "init-token $module --label second --so-pin file:so-pin --pin file:pin",
      "create $token $origin --label log-0",
      "list $token",
      "show $token $origin --key pkcs11:object=log-1",
      "test $token $origin --key pkcs11:object=log-1",
      "attest $token $origin --key pkcs11:object=log-1",
      "rotate $token $origin --label log-2" + event,
      "retire" + leaves,
      "revoke --bundle bundle --last-size 7" + leaves,
      "ceremony $token $origin --approvals 1 --approver \"$ann\"" + event,
      "approve $token --key pkcs11:object=ann --name ann event",
      "destroy $token $origin --label old --yes old",
      "kek rotate --month 2031-01" + kek,
      "kek rotate --month 2031-01" + kek,
      "kek rotate --all" + kek,
      "kek list" + kek,
      "kek destroy --month 2031-01 --superseded --dry-run" + kek,
  };
  const std::string program = built_file("tools/keys/varve-keys ");
  const std::string ann =
      "ann=$(" + program + "show $token --origin ann --key pkcs11:object=ann | head -1); ";
  for (const std::string& command : table) {
    const bool needs_ann = command.find("$ann") != std::string::npos;
    const auto outcome = needs_ann
                             ? run("--help >/dev/null; " + ann + program + command + " --json")
                             : run(command + " --json");
    EXPECT_EQ(outcome.exit_code, 0) << command << ": " << outcome.output;
    EXPECT_TRUE(format::Json::parse(outcome.output)) << command << ": " << outcome.output;
    EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1) << outcome.output;
  }
}

// A month that is still to come has nothing to wrap, and is rotated like any other.
TEST_F(KeyObjects, OfAMonthWithoutSegmentsAreRotatedWithAllOthers) {
  std::filesystem::create_directory(soft_.directory() / "store");
  const std::string kek = " $token --prefix varve/log --store store";
  EXPECT_EQ(run("kek rotate --month 2031-01" + kek).exit_code, 0);
  EXPECT_EQ(run("kek rotate --all" + kek).output,
            "varve/log/2031-01.3 wraps the data keys of 0 segments\n");
  EXPECT_EQ(run("kek rotate --all" + kek).output, "2031-01: rotated before\n");
  const std::string destroy = "kek destroy --month 2031-01 --superseded --yes varve/log/2031-01.2";
  EXPECT_EQ(run(destroy + kek).exit_code, 0);
  EXPECT_EQ(run("kek rotate --all" + kek).output,
            "varve/log/2031-01.4 wraps the data keys of 0 segments\n");
}

// The token fails in the middle: what is destroyed cannot be undone, so it is told.
TEST_F(KeyObjects, ThatWereDestroyedBeforeTheTokenFailedAreTold) {
  std::filesystem::create_directory(soft_.directory() / "store");
  const std::string kek = " $token --prefix varve/log --store store";
  for (int keys = 0; keys < 3; ++keys)
    EXPECT_EQ(run("kek rotate --month 2031-01" + kek).exit_code, 0);
  const std::string destroy =
      "kek destroy --month 2031-01 --superseded --yes "
      "'varve/log/2031-01.2, varve/log/2031-01.3' --prefix varve/log "
      "--store store --token pkcs11:token=varve --pin file:pin "
      "--timeout-ms 60000 --module ";
  const auto failed =
      run("--help >/dev/null; VARVE_TOKEN_DESTROYS=1 " + built_file("tools/keys/varve-keys ") +
          destroy + built_file("tests/hsm/fault_module.so"));
  EXPECT_NE(failed.exit_code, 0);
  EXPECT_NE(failed.output.find("destroyed before it: varve/log/2031-01.2; run it again"),
            std::string::npos)
      << failed.output;
  const auto left = run("kek list" + kek).output;
  EXPECT_EQ(left.find("2031-01.2"), std::string::npos) << left;
  EXPECT_NE(left.find("2031-01.3"), std::string::npos) << left;
}

}  // namespace
}  // namespace varve::keys
