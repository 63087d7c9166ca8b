// What init writes into a configuration is what the server reads there, whatever the path.
#include <gtest/gtest.h>

#include "tools/varved/init.h"

namespace varve::tools {
namespace {

InitOptions init_example() {
  InitOptions options;
  options.origin = "audit.example.org/main";
  return options;
}

TEST(InitConfig, IsReadBackWhateverThePathHas) {
  const std::string root = "/srv/a \"b\" \\ 'c' [d] é";
  const auto config = parse_config(init_config(init_example(), root), "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data, root + "/data");
  EXPECT_EQ(config->hsm.pin, "file:" + root + "/pin");
  EXPECT_EQ(config->hsm.environment, (Environ{{"SOFTHSM2_CONF", root + "/softhsm2.conf"}}));
  EXPECT_EQ(config->logs.at(0).key, "pkcs11:object=main-1");
  EXPECT_EQ(config->logs.at(0).marks, root + "/marks");
}

TEST(InitConfig, NamesATokenThatExistsAndNothingOfSoftHsm) {
  InitOptions options = init_example();
  options.hsm.module = "/usr/lib/vendor/libpkcs11.so";
  options.hsm.token = "pkcs11:serial=4711";
  options.hsm.pin = "file:/run/credentials/pin";
  const auto config = parse_config(init_config(options, "/srv/varve"), "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->hsm.module, options.hsm.module);
  EXPECT_EQ(config->hsm.token, options.hsm.token);
  EXPECT_EQ(config->hsm.pin, options.hsm.pin);
  EXPECT_TRUE(config->hsm.environment.empty());
  EXPECT_EQ(init_report(options, "/srv/varve").find("SoftHSM"), std::string::npos);
}

TEST(InitReport, SaysAnAddressThatAClientOnThisMachineReaches) {
  const auto says = [](const char* listen, const std::string& url) {
    InitOptions options = init_example();
    options.listen = listen;
    return init_report(options, "/srv/varve").find(" " + url + "/events\n") != std::string::npos;
  };
  EXPECT_TRUE(says("192.0.2.10:8443", "https://192.0.2.10:8443/logs/main"));
  EXPECT_TRUE(says("0.0.0.0:8443", "https://127.0.0.1:8443/logs/main"));
  EXPECT_TRUE(says("[::]:8443", "'https://[::1]:8443/logs/main'"))
      << "a shell may take brackets for a pattern";
}

TEST(InitReport, SaysWhatTheCertificateIsForAndIndentsNothingElseAsACommand) {
  InitOptions options = init_example();
  options.hosts = {"localhost", "varve.example.org"};
  const std::string text = init_report(options, "/srv/varve");
  EXPECT_NE(text.find("reach the server as localhost, varve.example.org."), std::string::npos);
  EXPECT_EQ(text.find("\n    "), text.find("\n    varved --config")) << text;
}

TEST(InitReport, QuotesAPathForTheShell) {
  const std::string text = init_report(init_example(), "/srv/a 'b'");
  EXPECT_NE(text.find("varved --config '/srv/a '\\''b'\\''/varved.toml'\n"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace varve::tools
