// A store that can only be read is audited, and what audits it changes nothing: on a read-only file
// system, and as a user who may only read.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "installation.h"
#include "sender.h"

namespace varve::system {
namespace {

constexpr const char* kNobody = "65534";

class ReadOnly : public ::testing::Test {
 protected:
  ReadOnly() {
    std::filesystem::create_directory(varve_.path("marks"));
    for (int life = 0; life < 2; ++life) {
      varve_.start();
      if (life == 0)
        write_text(config(),
                   read_text(config()) + "high_water_mark = \"" + varve_.path("marks") + "\"\n");
      append("key-" + std::to_string(life));
      EXPECT_EQ(varve_.stop(), 0);
    }
  }
  /// Its connection ends with it: the server waits for one that stays open before it stops.
  void append(const std::string& key) const {
    client::HttpClient client = varve_.connect("append");
    EXPECT_EQ(post_events(client, key, {"{\"a\":1}", "{\"b\":2}"})->status, 201);
  }
  [[nodiscard]] std::string config() const { return varve_.path("varved.toml"); }
  [[nodiscard]] Words audit() const {
    return {Installation::program("varved"), "audit", "--config", config()};
  }
  /// Every name below the data, with what would show a change.
  [[nodiscard]] std::string store() const {
    return must_run(
        {"find", varve_.path("data"), varve_.path("marks"), "-printf", "%p %m %U %s %T@ %C@\n"});
  }
  void expect_intact(const Words& words) const {
    const std::string before = store();
    const Outcome outcome = run(words, varve_.variables());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("main: intact"), std::string::npos) << outcome.output;
    EXPECT_EQ(store(), before);
  }

  Installation varve_;
};

TEST_F(ReadOnly, AnAuditChangesNothingWhereItCould) {
  expect_intact(audit());
}

TEST_F(ReadOnly, AnAuditMakesNothingThatIsMissing) {
  std::filesystem::rename(varve_.path("data/main"), varve_.path("data/away"));
  const Outcome outcome = run(audit(), varve_.variables());
  EXPECT_EQ(outcome.exit_code, 11) << outcome.output;
  EXPECT_NE(outcome.output.find(varve_.path("data/main")), std::string::npos) << outcome.output;
  EXPECT_FALSE(std::filesystem::exists(varve_.path("data/main")));
}

TEST_F(ReadOnly, AnAuditKeepsAServerOutAndAServerAnAudit) {
  varve_.start();
  const Outcome outcome = run(audit(), varve_.variables());
  EXPECT_EQ(outcome.exit_code, 12) << outcome.output;
  EXPECT_EQ(varve_.stop(), 0);
}

TEST_F(ReadOnly, AStoreIsAuditedOnAReadOnlyFileSystemAndNotServed) {
  if (run({"unshare", "-m", "true"}).exit_code != 0) GTEST_SKIP() << "no mount namespaces here";
  const std::string script =
      "for d in \"$1\" \"$2\"; do mount --bind \"$d\" \"$d\" && "
      "mount -o remount,ro,bind \"$d\" || exit 99; done; shift 2; exec \"$@\"";
  Words words{"unshare", "-m", "sh", "-c", script, "sh", varve_.path("data"), varve_.path("marks")};
  Words audited = words;
  for (const std::string& word : audit()) audited.push_back(word);
  expect_intact(audited);
  for (const std::string& word :
       {Installation::program("varved"), std::string("--config"), config()})
    words.push_back(word);
  const Outcome served = run(words, varve_.variables());
  EXPECT_EQ(served.exit_code, 14) << served.output;
  EXPECT_NE(served.output.find("Read-only file system: varved writes where it serves"),
            std::string::npos)
      << served.output;
}

TEST_F(ReadOnly, AStoreIsAuditedByAUserWhoMayOnlyRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  run({"chattr", "-R", "-i", varve_.path("data")});  // of sealed segments, where it took
  must_run({"chmod", "-R", "a+rX", varve_.path("data"), varve_.path("marks")});
  must_run({"chmod", "a+x", varve_.path("")});
  must_run({"chmod", "a+r", config(), varve_.variables().at("SOFTHSM2_CONF")});
  must_run({"chown", kNobody, varve_.path("pin")});
  must_run({"chown", "-R", kNobody, varve_.path("softhsm")});
  Words words{"setpriv", "--reuid", kNobody, "--clear-groups"};
  for (const std::string& word : audit()) words.push_back(word);
  expect_intact(words);
}

}  // namespace
}  // namespace varve::system
