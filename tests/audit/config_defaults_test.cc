// What varve-audit takes from varved.toml, and what it does not: what is given counts, and a bearer
// token goes to no other server than its own.
#include <gtest/gtest.h>

#include <fstream>

#include "fake_server.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"

namespace varve::audit {

using namespace verify;

namespace {

class AuditConfig : public ::testing::Test {
 protected:
  AuditConfig() {
    server_.serve(log_);
    write("first.vkey", format::format_vkey(log_.first.verifier) + "\n");
    configure("");
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.path() + "/" + name;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::string host() const {
    return server_.url().substr(0, server_.url().find("/logs/"));
  }
  [[nodiscard]] std::string name() const {
    return server_.url().substr(server_.url().find("/logs/") + 6);
  }
  void configure(const std::string& further, const std::string& auditor = "") const {
    write("varved.toml", "[auditor]\nserver = \"" + host() + "\"\n" + auditor +
                             "[[log]]\nname = \"" + name() + "\"\nfirst_vkey = \"" +
                             path("first.vkey") + "\"\n" + further);
  }
  [[nodiscard]] Ran configured(const std::string& arguments) const {
    return run_command("VARVE_CONFIG=" + path("varved.toml") + " " + kProgram + " " + arguments);
  }
  [[nodiscard]] std::string vkey() const {
    return " --vkey " + format::format_vkey(log_.first.verifier);
  }

  TemporaryDirectory directory_;
  LogBuilder log_ = good_log();
  FakeServer server_;
};

TEST_F(AuditConfig, SaysWhichLogAndItsFirstKeyToEveryCommand) {
  expect(configured("check"), 0, "intact: 35 records");
  expect(configured("--json check --connections 2"), 0, "\"records\":35");
  expect(run("check --config " + path("varved.toml")), 0, "intact: 35 records");
  expect(configured("keys"), 0, "");
  expect(configured("inclusion --index 3"), 0, "");
  expect(configured("event 3"), 0, "");
  expect(configured("retention"), 0, "");
  expect(configured("gaps ward-7/printer --out " + path("gaps")), 0, "");
  expect(configured("fetch " + path("export")), 0, "");
  expect(configured("check " + path("export")), 0, "intact: 35 records");
  expect(configured("verify " + path("export/checkpoint")), 11, "the one given is another");
  EXPECT_EQ(configured("check --help").exit, 0);
}

TEST_F(AuditConfig, GivesWayToWhatIsGiven) {
  LogBuilder grown = log_;
  grown.server_batch(2);
  FakeServer other;
  other.serve(grown);
  expect(configured("check " + other.url()), 0, "intact: 3");
  EXPECT_FALSE(other.take_paths().empty());
  EXPECT_TRUE(server_.take_paths().empty()) << "the one that is configured was not asked";
  expect(configured("check --vkey x"), 10, "reading --vkey");
  write("bundle", "no bundle");
  const Ran bundle = configured("keys --bundle " + path("bundle"));
  EXPECT_EQ(bundle.exit, 10);
  EXPECT_EQ(bundle.text.find("one of the two"), std::string::npos) << bundle.text;
  write("varved.toml", "this is no configuration");
  expect(configured("check " + server_.url() + vkey()), 0, "intact");
}

TEST_F(AuditConfig, GivesItsBearerTokenToNoOtherServer) {
  configure("", "bearer = \"" + path("not-there") + "\"\n");
  expect(configured("check"), 2, "--bearer-file");
  expect(configured("check " + server_.url()), 0, "intact");
}

TEST_F(AuditConfig, SaysWhichLogWhereThereAreSeveral) {
  configure("[[log]]\nname = \"lab\"\n");
  expect(configured("check"), 10, "varved.toml has several logs: name one with --log");
  expect(configured("check --log " + name()), 0, "intact");
  expect(configured("check --log none"), 11, "has no log named none");
  expect(configured("check --log lab"), 2, "--vkey is required");
}

TEST_F(AuditConfig, IsRefusedWithWhatIsWrong) {
  configure("", "pin = \"1\"\n");
  expect(configured("check"), 10, "pin");
  write("varved.toml", "[server]\n");
  expect(configured("check"), 10, "varved.toml: there is no [auditor]");
  write("varved.toml", "[auditor]\nserver = \"" + host() + "\"\n");
  expect(configured("check"), 10, "there is no [[log]]");
  configure("");
  write("first.vkey", "two\nlines\n");
  expect(configured("check"), 10, "is no first public key");
  expect(configured("check --config " + path("nothing")), 11, "nothing");
}

}  // namespace
}  // namespace varve::audit
