// Runs "An assessor's visit" of docs/operating/retention.md: every command, in the order of the page, while minutes
// pass for the server.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "ledger/format/json.h"
#include "runbook.h"
#include "tests/directories.h"
#include "tests/moved_clock.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr int kExitNothingDone = 10;
constexpr int kExitSomeNotTried = 21;

class Assess : public ::testing::Test {
 protected:
  Assess() : blocks_(blocks_of("docs/operating/retention.md").at("An assessor's visit")) {
    root_ = (fs::temp_directory_path() / "varve-assess-XXXXXX").string();
    CHECK(::mkdtemp(root_.data()) != nullptr);
    minutes_pass(0);
  }
  ~Assess() override {
    assessor_.reset();
    server_.reset();
    run({"chattr", "-R", "-f", "-i", root_});
    fs::remove_all(root_);
  }
  void SetUp() override {
    if (!fs::exists(kMovesClocks)) GTEST_SKIP() << "faketime is not installed";
  }

  void minutes_pass(unsigned minutes) {
    write_text(root_ + "/minutes", "+" + std::to_string(minutes) + "m\n");
  }
  /// The page's directories are below this test's own, and its port is on an address that no other
  /// process has.
  [[nodiscard]] Words shell(const std::string& commands) const {
    const auto id = static_cast<unsigned>(::getpid());
    const std::string address =
        "127.4." + std::to_string(id >> 8 & 255) + "." + std::to_string(id & 255);
    return {"bash", "-euc",
            replaced(replaced(commands, "127.0.0.1", address), "/srv/", root_ + "/")};
  }
  [[nodiscard]] static Variables variables() {
    std::string path = std::getenv("PATH");
    for (const char* program : {"varved", "varve-audit", "varve-keys"})
      path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
    return {{"PATH", path}};
  }
  [[nodiscard]] Outcome type(const std::string& commands) {
    return run(shell(commands), variables());
  }
  /// A server whose clocks minutes_pass() moves.
  void start(const std::string& command) {
    Variables all = variables();
    all["LD_PRELOAD"] = built_file("tests/system/real_waits.so") + ":" + kMovesClocks;
    all["FAKETIME_NO_CACHE"] = "1";
    all["FAKETIME_TIMESTAMP_FILE"] = root_ + "/minutes";
    const std::string journal = root_ + "/journal";
    fs::remove(journal);
    server_ = std::make_unique<Process>(shell("exec " + command), journal, all);
    ASSERT_TRUE(wait_until([&] {
      return read_text(journal).find("\"listening\"") != std::string::npos || !server_->running();
    }));
    ASSERT_TRUE(server_->running()) << read_text(journal);
  }
  /// Until the assessor has said how this attempt ended, or has ended itself.
  void wait_for(const std::string& attempt) {
    ASSERT_TRUE(wait_until(
        [&] { return said().find("  " + attempt) != std::string::npos || !assessor_->running(); }));
    ASSERT_NE(said().find("  " + attempt), std::string::npos) << said();
  }
  [[nodiscard]] std::string said() const { return read_text(root_ + "/said"); }

  const std::vector<std::string> blocks_;
  std::string root_;
  std::unique_ptr<Process> server_;
  std::unique_ptr<Process> assessor_;
};

TEST_F(Assess, OfADraftLogHoldsInAllThatIsTried) {
  ASSERT_EQ(blocks_.size(), 4U) << "a block of the page is not run";
  ASSERT_EQ(type(blocks_[0]).exit_code, 0);
  start(blocks_[1]);
  const Outcome planned = type(blocks_[2]);
  EXPECT_EQ(planned.exit_code, kExitNothingDone) << planned.output;
  EXPECT_NE(planned.output.find("Must be refused."), std::string::npos) << planned.output;
  EXPECT_FALSE(fs::exists(root_ + "/assessment"));

  assessor_ = std::make_unique<Process>(shell(blocks_[3]), root_ + "/said", variables());
  wait_for("name-approvers");
  minutes_pass(3);
  wait_for("release-by-one");
  minutes_pass(12);
  wait_for("disposal-with-young-notice");
  minutes_pass(15);
  EXPECT_EQ(assessor_->wait_ms(), kExitSomeNotTried) << said();
  EXPECT_EQ(said().find("did not hold  "), std::string::npos) << said();
  const auto report = format::Json::parse(read_text(root_ + "/assessment/report.json"));
  ASSERT_TRUE(report) << said();
  EXPECT_EQ(report->number("did_not_hold").value(), 0U);
  EXPECT_EQ(report->number("not_tried").value(), 1U) << "a server with one log\n" << said();
  EXPECT_NE(read_text(root_ + "/assessment/report.md").find("### lawful-disposal: held"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(root_ + "/assessment/scratch"));
}

TEST_F(Assess, OfALockedLogIsRefused) {
  ASSERT_EQ(type(replaced(blocks_[0], " --draft", "")).exit_code, 0);
  start(blocks_[1]);
  const Outcome refused = type(blocks_[3]);
  EXPECT_EQ(refused.exit_code, kExitNothingDone) << refused.output;
  EXPECT_NE(refused.output.find("is locked"), std::string::npos) << refused.output;
  EXPECT_FALSE(fs::exists(root_ + "/assessment"));
}

}  // namespace
}  // namespace varve::system
