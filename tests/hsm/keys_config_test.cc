// What varve-keys takes from varved.toml, and what it does not: an option that is given counts, and
// a PIN goes to no other token than its own.
#include "tests/hsm/key_server.h"
#include "tests/hsm/key_tool.h"

namespace varve::keys {
namespace {

using varve::testing::KeyServer;
using varve::testing::Outcome;

class KeysConfig : public varve::testing::KeyTool {
 protected:
  void SetUp() override {
    write("bearer", "operator-token\n");
    configure("");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(soft_.directory() / name) << text;
  }
  void configure(const std::string& further) const {
    const std::string directory = soft_.directory().string();
    write("varved.toml",
          "[server]\ndata = \"/data\"\n[hsm]\nmodule = \"" + std::string(varve::testing::kSoftHsm) +
              "\"\ntoken = \"pkcs11:token=varve\"\npin = \"file:" + directory +
              "/pin\"\ntimeout_ms = 60000\nenvironment = {SOFTHSM2_CONF = \"" + directory +
              "/softhsm2.conf\"}\n[[log]]\nname = \"card\"\norigin = \"" + std::string(kOrigin) +
              "\"\n" + further);
  }
  /// In a shell that knows of no token.
  [[nodiscard]] Outcome configured(const std::string& arguments,
                                   const std::string& config = "varved.toml") const {
    return varve::testing::run_command("cd " + soft_.directory().string() +
                                       " && SOFTHSM2_CONF=/nowhere VARVE_CONFIG=" + config + " " +
                                       built_file("tools/keys/varve-keys ") + arguments);
  }
  [[nodiscard]] static std::string operator_table(const KeyServer& server) {
    const std::string arguments = server.arguments();
    return "[operator]\nserver = \"" + arguments.substr(arguments.find("http:")) +
           "\"\nbearer = \"bearer\"\n";
  }
};

TEST_F(KeysConfig, SaysWhichTokenAndWhichOrigin) {
  const Outcome created = configured("create --label one");
  ASSERT_EQ(created.exit_code, 0) << created.output;
  EXPECT_TRUE(created.output.starts_with(std::string(kOrigin) + "+")) << created.output;
  const Outcome listed = configured("list --config varved.toml", "");
  EXPECT_EQ(listed.exit_code, 0) << listed.output;
  EXPECT_NE(listed.output.find("one"), std::string::npos) << listed.output;
}

TEST_F(KeysConfig, GivesWayToAnOption) {
  const Outcome other = configured("create --label one --origin=audit.example.org/other");
  EXPECT_TRUE(other.output.starts_with("audit.example.org/other+")) << other.output;
  const Outcome config = configured("list --config varved.toml", "/nowhere.toml");
  EXPECT_EQ(config.exit_code, 0) << config.output;
}

TEST_F(KeysConfig, GivesItsPinToNoOtherToken) {
  soft_.add_token("other");
  const Outcome other = configured("list --token pkcs11:token=other");
  EXPECT_EQ(other.exit_code, 2) << other.output;
  EXPECT_NE(other.output.find("--pin is required"), std::string::npos) << other.output;
  EXPECT_EQ(configured("list --token pkcs11:token=other --pin file:pin").exit_code, 0);
}

TEST_F(KeysConfig, SaysWhichLogWhereThereIsOneAndAsksWhereThereAreSeveral) {
  configure("[[log]]\nname = \"lab\"\norigin = \"audit.example.org/lab\"\n");
  const Outcome asked = configured("create --label one");
  EXPECT_EQ(asked.exit_code, 10) << asked.output;
  EXPECT_NE(asked.output.find("varved.toml has several logs: name one with --log"),
            std::string::npos)
      << asked.output;
  EXPECT_TRUE(
      configured("create --label one --log lab").output.starts_with("audit.example.org/lab+"));
  EXPECT_EQ(configured("create --label two --log none").exit_code, 11);
  EXPECT_EQ(configured("list").exit_code, 0) << "which is of the token, and of no log";
}

TEST_F(KeysConfig, SaysWhereAnEventGoesUnlessItGoesIntoAFile) {
  KeyServer server(soft_, made("--label one"));
  configure(operator_table(server));
  const Outcome filed = configured("rotate --key pkcs11:object=one --label two --out event --json");
  EXPECT_EQ(filed.exit_code, 0) << filed.output;
  EXPECT_EQ(server.posts, 0);
  EXPECT_NE(contents("event"), "");
  const Outcome sent = configured("rotate --key pkcs11:object=one --label two");
  EXPECT_EQ(sent.exit_code, 0) << sent.output;
  EXPECT_EQ(server.active(), 2U);
}

TEST_F(KeysConfig, IsNotReadByWhatNeedsNothingOfIt) {
  EXPECT_EQ(configured("completion", "/nowhere.toml").exit_code, 0);
  EXPECT_EQ(configured("list", "/nowhere.toml").exit_code, 11);
}

TEST_F(KeysConfig, ThatIsWrongIsRefusedByFileAndLine) {
  configure("[operator]\nserver = \"https://localhost\"\nbarer = \"x\"\n");
  const Outcome refused = configured("list");
  EXPECT_EQ(refused.exit_code, 10) << refused.output;
  EXPECT_NE(refused.output.find("varved.toml: line 14: unknown key barer in [operator]; is it "
                                "bearer?"),
            std::string::npos)
      << refused.output;
}

}  // namespace
}  // namespace varve::keys
