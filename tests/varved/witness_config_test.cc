// The witnesses of a [[log]]: what the keys set, and that every mistake is named before a start.
#include "tools/varved/witness_config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/format/test_cosigner.h"
#include "tests/log/world.h"
#include "tools/varved/config.h"

namespace varve::tools {
namespace {

const std::string kServerOfOneLog =
    "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n"
    "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n";

struct WitnessConfiguration : ::testing::Test {
  const std::string path = ::testing::TempDir() + "varve-witness-policy";
  const std::string vkey = format::TestCosigner("w1", 1).vkey();

  ~WitnessConfiguration() override { std::filesystem::remove(path); }

  std::string why(const std::string& policy, const std::string& ca = "") {
    std::ofstream(path, std::ios::trunc) << policy;
    std::filesystem::permissions(path, std::filesystem::perms(0640));
    const auto checked = check_witnesses({path, ca, 60}, "example.org/a");
    return checked ? "it is good" : checked.error().message;
  }
};

TEST_F(WitnessConfiguration, SetsPolicyIntervalAndCaAndNothingWithoutAPolicy) {
  const auto config = parse_config(kServerOfOneLog +
                                       "witness_policy = \"/p\"\nwitness_interval_s = 3600\n"
                                       "witness_ca = \"/ca\"\n",
                                   "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->logs[0].witnesses.policy, "/p");
  EXPECT_EQ(config->logs[0].witnesses.interval_s, 3'600U);
  EXPECT_EQ(config->logs[0].witnesses.ca_file, "/ca");
  EXPECT_FALSE(parse_config(kServerOfOneLog, "varved.toml")->logs[0].witnesses.asks());
  for (const char* alone : {"witness_interval_s = 61\n", "witness_ca = \"/ca\"\n"}) {
    const auto refused = parse_config(kServerOfOneLog + alone, "varved.toml");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("log a has no witness_policy"), std::string::npos);
  }
  EXPECT_FALSE(parse_config(kServerOfOneLog + "witness_policy = \"/p\"\nwitness_interval_s = 0\n",
                            "varved.toml"));
}

TEST_F(WitnessConfiguration, IsRefusedWithItsLineBeforeAnybodyIsAsked) {
  const std::string good = "witness A " + vkey + " https://w.example/prefix/\nquorum A\n";
  EXPECT_EQ(why(good), "it is good");
  const std::pair<std::string, std::string> broken[] = {
      {"witness A " + vkey + " https://w.example\n", "it has no line quorum"},
      {"\nquorum A\n", "line 2 of the witness policy: A is no witness"},
      {"witness A " + vkey + "\nquorum A\n", "no witness has a URL"},
      {"witness A " + vkey + " https://w.example\nwitness B " +
           format::TestCosigner("w2", 2).vkey() + "\ngroup g all A B\nquorum g\n",
       "too few for the quorum"},
      {"witness A " + vkey + " http://w.example\nquorum A\n", "the witness A: http://w.example"},
      {"witness A " + vkey + " https://w.example?q=1\nquorum A\n", "the witness A: "},
      {"log " + format::format_vkey(format::TestKey::ed25519("example.org/b", 2).verifier()) +
           "\n" + good,
       "no line `log` of the witness policy is of example.org/a"},
  };
  for (const auto& [policy, message] : broken) {
    EXPECT_NE(why(policy).find(message), std::string::npos) << why(policy);
    EXPECT_EQ(why(policy).find(path), 0U) << why(policy);
  }
  EXPECT_EQ(why(good + "witness B " + format::TestCosigner("w2", 2).vkey() + "\n"), "it is good");
  EXPECT_EQ(witnesses_asked({path, "", 60}, "example.org/a"), 1U) << "B has no URL";
  EXPECT_NE(why(good, path + ".no-ca").find("the witness A: "), std::string::npos);
  std::filesystem::permissions(path, std::filesystem::perms(0666));
  EXPECT_FALSE(check_witnesses({path, "", 60}, "example.org/a")) << "others may change it";
  std::filesystem::remove(path);
  EXPECT_EQ(check_witnesses({path, "", 60}, "example.org/a").error().code, Code::kNotFound);
}

TEST_F(WitnessConfiguration, TakesThePolicyOfALogWhoseKeyIsInIt) {
  const format::TestKey older = format::TestKey::ed25519("example.org/a", 2);
  const format::TestKey newer = format::TestKey::ed25519("example.org/a", 3);
  const std::string good = "witness A " + vkey + " https://w.example\nquorum A\n";
  const auto of_any = format::WitnessPolicy::parse(good);
  const auto of_old =
      format::WitnessPolicy::parse("log " + format::format_vkey(older.verifier()) + "\n" + good);
  const auto history = [](const format::TestKey& key) {
    rules::KeyHistory keys("example.org/a");
    CHECK(keys.apply(format::signed_note(
        format::key_event_text({format::KeyAction::kCreate, "example.org/a", key.verifier()}),
        {&key})));
    return keys;
  };
  EXPECT_TRUE(takes_a_key_of(*of_any, history(newer)));
  EXPECT_TRUE(takes_a_key_of(*of_old, history(older)));
  rules::KeyHistory keys = history(newer);
  EXPECT_FALSE(takes_a_key_of(*of_old, keys));  // its key was exchanged
  ASSERT_TRUE(keys.apply(format::signed_note(
      format::key_event_text({format::KeyAction::kWitnessKey, "example.org/a", older.verifier()}),
      {&newer, &older})));
  EXPECT_TRUE(takes_a_key_of(*of_old, keys));  // it is the witness key
}

TEST_F(WitnessConfiguration, TakesNobodyForAWitnessWhoHasAKeyOfTheLog) {
  const format::TestKey signing = format::TestKey::ed25519("example.org/a", 2);
  const format::TestKey named = format::TestKey::ed25519("example.org/a", 3);
  rules::KeyHistory keys("example.org/a");
  ASSERT_TRUE(keys.apply(format::signed_note(
      format::key_event_text({format::KeyAction::kCreate, "example.org/a", signing.verifier()}),
      {&signing})));
  ASSERT_TRUE(keys.apply(format::signed_note(
      format::key_event_text({format::KeyAction::kWitnessKey, "example.org/a", named.verifier()}),
      {&signing, &named})));
  const auto policy_of = [](const Buffer& key) {
    return *format::WitnessPolicy::parse(
        "witness A " + format::format_cosigner_vkey(*format::make_cosigner_key("w", key)) +
        " https://w.example\nquorum A\n");
  };
  for (const format::TestKey* key : {&signing, &named})
    EXPECT_FALSE(witnesses_are_others(policy_of(key->verifier().key), keys));
  EXPECT_TRUE(witnesses_are_others(
      policy_of(format::TestKey::ed25519("example.org/a", 4).verifier().key), keys));
}

// Whoever has the server's token is no witness against it, whatever log a key of it is of.
TEST_F(WitnessConfiguration, TakesNobodyForAWitnessWhoseKeyIsOnATokenOfTheServer) {
  testing::SoftSigner token;
  const testing::SoftKey key("example.org/other");
  const auto cosigner = format::make_cosigner_key("w", key.key.key);
  ASSERT_EQ(why("witness A " + format::format_cosigner_vkey(*cosigner) +
                " https://w.example\nquorum A\n"),
            "it is good");
  const WitnessConfig config{path, "", 60};
  EXPECT_TRUE(witnesses_are_elsewhere(config, "example.org/a", token));
  token.add(key);
  const auto refused = witnesses_are_elsewhere(config, "example.org/a", token);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("the witness A is on a token"), std::string::npos);
}

// No log's directory can have the name of the file, whatever the log is called.
TEST_F(WitnessConfiguration, KeepsWhatWasWitnessedUnderANameThatNoLogHas) {
  const std::string name = witnessed_file_name("a");
  EXPECT_EQ(name, "a+witnessed");
  EXPECT_EQ(alarms_file_name("a"), "a+alarms");
  const auto config = parse_config(
      "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n[hsm]\nmodule = \"/m\"\n"
      "token = \"pkcs11:token=v\"\npin = \"env:P\"\n[[log]]\nname = \"" +
          name + "\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n",
      "varved.toml");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("a log's name is"), std::string::npos);
}

}  // namespace
}  // namespace varve::tools
