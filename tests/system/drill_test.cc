// varved drill beside a server that runs: what it finds, and that it leaves nothing and touches nothing.
#include <gtest/gtest.h>

#include <filesystem>

#include "installation.h"
#include "sender.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class Drill : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(varve_.path("scratch"));
    varve_.start();
    append(600);
    write_drill_config(varve_);
  }

  void append(int events, const std::string& what = "event") {
    std::string body;
    for (int k = 0; k < events; ++k)
      body +=
          "{\"" + what + "\":" + std::to_string(k) + ",\"of\":\"" + std::string(900, 'x') + "\"}\n";
    const auto done =
        varve_.connect("append").post("/events", "application/x-ndjson", bytes_of(body));
    ASSERT_TRUE(done && done->status == 201);
  }

  /// Without the variable that leads to the token.
  [[nodiscard]] Outcome drill(const Words& more = {}) const {
    Words words{Installation::program("varved"),
                "drill",
                "--config",
                varve_.path("drill.toml"),
                "--from",
                varve_.path("mirror"),
                "--scratch",
                varve_.path("scratch")};
    words.insert(words.end(), more.begin(), more.end());
    Outcome drilled = run(words);
    EXPECT_TRUE(fs::is_empty(varve_.path("scratch"))) << drilled.output;
    return drilled;
  }
  void expect_found(const std::string& part, int exit_code = 13) const {
    const Outcome drilled = drill();
    EXPECT_EQ(drilled.exit_code, exit_code) << drilled.output;
    EXPECT_NE(drilled.output.find(part), std::string::npos) << drilled.output;
  }
  /// Names, sizes and bytes of all files there.
  [[nodiscard]] std::string all_below(const std::string& name) const {
    return run({"bash", "-c",
                "cd '" + varve_.path(name) + "' && find . -type f | sort | xargs sha256sum"})
        .output;
  }
  void put_back(const std::string& older) {
    ASSERT_EQ(varve_.stop(), 0);
    run({"chattr", "-R", "-i", varve_.path("data")});
    fs::remove_all(varve_.path("data/main"));
    fs::copy(older, varve_.path("data/main"), fs::copy_options::recursive);
    varve_.start();
  }

  Installation varve_;
};

TEST_F(Drill, RestoresAuditsAndComparesWithoutAToken) {
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  append(3);
  const std::string token = all_below("softhsm");
  const std::string mirror = all_below("mirror");
  const Outcome drilled = drill({"--metrics", varve_.path("drill.prom")});
  EXPECT_EQ(drilled.exit_code, 0) << drilled.output;
  for (const char* part :
       {"main: restored in ", " segments, ", "is a beginning of what the server has"})
    EXPECT_NE(drilled.output.find(part), std::string::npos) << drilled.output;
  EXPECT_EQ(drilled.output.find(": 0 records are newer"), std::string::npos) << drilled.output;
  EXPECT_NE(read_text(varve_.path("drill.prom"))
                .find("varve_backup_exit_code{command=\"drill\",origin=\"" + std::string(kOrigin) +
                      "\"} 0\n"),
            std::string::npos);
  EXPECT_EQ(all_below("softhsm"), token);
  EXPECT_EQ(all_below("mirror"), mirror);
  append(1);
}

TEST_F(Drill, RemovesWhatOneThatWasKilledLeft) {
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  const std::string left = varve_.path("scratch/.varve-drill-main.varve-new/store/segments");
  fs::create_directories(left);
  write_text(left + "/00000000.seg", "half of one");
  EXPECT_EQ(drill().exit_code, 0);
}

TEST_F(Drill, FindsAMirrorThatDoesNotMakeTheLog) {
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  const std::string bundle = varve_.path("mirror/tile/entries/001");
  std::string bytes = read_text(bundle);
  ASSERT_GT(bytes.size(), 100'000U);
  bytes[bytes.size() / 2] ^= 1;
  fs::permissions(bundle, fs::perms::owner_write, fs::perm_options::add);
  write_text(bundle, bytes);
  expect_found("the mirror's");
  write_text(varve_.path("mirror/checkpoint"), "no checkpoint\n");
  expect_found("the mirror's checkpoint: ");
}

// A server that was put back to an older copy has less than its mirror; then it goes another way.
TEST_F(Drill, FindsAServerThatHasLessThanItsMirrorOrAnotherHistory) {
  ASSERT_EQ(varve_.stop(), 0);
  const std::string older = varve_.path("older");
  fs::copy(varve_.path("data/main"), older, fs::copy_options::recursive);
  varve_.start();
  append(40);
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  put_back(older);
  expect_found("the server lost what it had, or is another one");
  append(90, "other");
  expect_found("the mirror is not a beginning of what the server has");
}

TEST_F(Drill, RefusesADiskThatIsTooSmallBeforeItWritesTheLog) {
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  const std::string large = varve_.path("mirror/tile/entries/large");  // and sparse
  write_text(large, "");
  fs::resize_file(large, std::uintmax_t{8} << 40);
  expect_found("give --scratch a directory on a larger disk", 16);
}

TEST_F(Drill, SaysWhatItsConfigurationLacks) {
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  write_text(varve_.path("drill.toml"),
             "[auditor]\nserver = \"https://x\"\n[[log]]\nname = \"main\"\n");
  expect_found("has no first_vkey", 10);
  write_text(varve_.path("drill.toml"), "[[log]]\nname = \"main\"\n");
  expect_found("[auditor]", 10);
}

}  // namespace
}  // namespace varve::system
