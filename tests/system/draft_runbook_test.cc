// Runs "Try it in an afternoon" of docs/operating/retention.md: every command, in the order of the page, while minutes
// pass for the server, for the auditor and for the shell. Then the log goes on from its mirror.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "runbook.h"
#include "tests/directories.h"
#include "tests/moved_clock.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class DraftRunbook : public ::testing::Test {
 protected:
  static constexpr int kExitInvalid = 10;
  static constexpr int kExitNotFound = 11;
  static constexpr int kExitGone = 18;
  static constexpr int kExitKept = 19;

  DraftRunbook() : blocks_(blocks_of("docs/operating/retention.md").at("Try it in an afternoon")) {
    root_ = (fs::temp_directory_path() / "varve-draft-XXXXXX").string();
    CHECK(::mkdtemp(root_.data()) != nullptr);
    minutes_pass(0);
    fs::create_directory(root_ + "/ahead");
    for (const char* program : {"varved", "varve-audit", "date"}) put_ahead(program);
  }
  ~DraftRunbook() override {
    server_.reset();
    run({"chattr", "-R", "-f", "-i", root_});
    fs::remove_all(root_);
  }
  void SetUp() override {
    if (!fs::exists(kMovesClocks)) GTEST_SKIP() << "faketime is not installed";
  }

  /// The program by the clock that minutes_pass() sets.
  void put_ahead(const std::string& program) const {
    const std::string script = root_ + "/ahead/" + program;
    const std::string real = program == "date" ? "/bin/date" : Installation::program(program);
    write_text(script,
               "#!/bin/sh\nexec env LD_PRELOAD=" + built_file("tests/system/real_waits.so") + ":" +
                   kMovesClocks + " FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=" + root_ +
                   "/minutes " + real + " \"$@\"\n");
    fs::permissions(script, fs::perms::owner_all);
  }
  void minutes_pass(unsigned minutes) {
    write_text(root_ + "/minutes", "+" + std::to_string(minutes) + "m\n");
  }

  /// The page's directories are below this test's own, and its port is on an address that no other
  /// process has.
  [[nodiscard]] Words shell(const std::string& commands) const {
    const auto id = static_cast<unsigned>(::getpid());
    const std::string address =
        "127.3." + std::to_string(id >> 8 & 255) + "." + std::to_string(id & 255) + ":8443";
    std::string script =
        replaced(commands, "varved init /srv/draft", "varved init /srv/draft --listen " + address);
    script = replaced(script, "https://127.0.0.1:8443", "https://" + address);
    return {"bash", "-euc", replaced(script, "/srv/", root_ + "/")};
  }
  [[nodiscard]] Variables variables() const {
    std::string path = root_ + "/ahead";
    for (const char* program : {"varved", "varve-audit", "varve-keys"})
      path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
    return {{"PATH", path + ":" + std::getenv("PATH")}};
  }
  std::string must(const std::string& commands) {
    const Outcome outcome = run(shell(commands), variables());
    EXPECT_EQ(outcome.exit_code, 0) << commands << outcome.output;
    return outcome.output;
  }
  std::string must(std::size_t block) { return must(blocks_.at(block)); }
  Outcome try_to(const std::string& commands) {
    return run(shell("export VARVE_CONFIG=/srv/draft/varved.toml\n" + commands), variables());
  }
  std::string mirror(const std::string& directory, int exit_code) {
    const Outcome outcome = try_to("varve-audit mirror /srv/" + directory + "\n");
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.output;
    return outcome.output;
  }
  void start(const std::string& command) {
    const std::string log = root_ + "/log";
    fs::remove(log);
    server_ = std::make_unique<Process>(shell("exec " + command), log, variables());
    ASSERT_TRUE(wait_until([&] {
      return read_text(log).find("\"listening\"") != std::string::npos || !server_->running();
    }));
    ASSERT_TRUE(server_->running()) << read_text(log);
    expect_said(read_text(log), "\"draft_log\"");
  }
  void stop() {
    server_->send(SIGTERM);
    EXPECT_EQ(server_->wait_ms(), 0);
    server_.reset();
  }
  /// Until who read what is on record: a mirror that is to be the newest has it then.
  void wait_for_reads() {
    ASSERT_TRUE(wait_until([&] {
      return try_to("curl -sS --cacert /srv/draft/ca.pem https://127.0.0.1:8443/metrics\n")
                 .output.find("\nvarve_log_reads_waiting{log=\"main\"} 0\n") != std::string::npos;
    }));
  }
  static void expect_said(const std::string& output, const std::string& what) {
    EXPECT_NE(output.find(what), std::string::npos) << output;
  }

  std::vector<std::string> blocks_;
  std::string root_;
  std::unique_ptr<Process> server_;
};

TEST_F(DraftRunbook, AWholeLifeInAnAfternoon) {
  ASSERT_EQ(blocks_.size(), 8U) << "a block of the section is not run";
  expect_said(must(0), "The log is a draft, for trying");
  ASSERT_NO_FATAL_FAILURE(start(blocks_.at(1)));
  expect_said(must(2), "approvers");
  minutes_pass(2);  // the people of step 2 count from now on
  must(3);
  expect_said(try_to("varve-keys policy show\n").output, "it is a draft log, for trying");
  const Outcome early = try_to("varve-keys dispose notice --until \"$(($(date +%s) / 60))\"\n");
  EXPECT_EQ(early.exit_code, kExitNotFound) << early.output;
  minutes_pass(4);
  must(4);
  minutes_pass(9);
  mirror("younger", 0);
  minutes_pass(11);
  mirror("younger", 0);
  expect_said(must(5), "varve notice v1");
  minutes_pass(13);
  must(6);
  ASSERT_TRUE(wait_until([&] {
    return try_to("varve-keys policy show\n").output.find(", disposed of\n") != std::string::npos;
  }));
  const Outcome demanded = try_to("varve-audit check --locked\n");
  EXPECT_EQ(demanded.exit_code, kExitInvalid) << demanded.output;
  expect_said(demanded.output, "it is a draft log, for trying");
  expect_said(try_to("varve-keys kek list\n").output, "  (a draft log)\n");
  const Outcome checked = try_to("varve-audit check\n");
  EXPECT_EQ(checked.exit_code, kExitGone) << checked.output;
  expect_said(checked.output, "a draft log, for trying");
  expect_said(checked.output, "disposes of it");
  must(7);
  expect_said(mirror("younger", kExitKept), "O1: ");
  minutes_pass(20);
  expect_said(mirror("younger", kExitGone), "forgotten here: ");
  const Outcome followed = try_to("varve-audit check /srv/draft-mirror\n");
  EXPECT_EQ(followed.exit_code, kExitGone) << followed.output;

  wait_for_reads();
  mirror("draft-mirror", kExitGone);
  stop();
  must("mv /srv/draft/data /srv/draft/lost; mkdir -m 0700 /srv/draft/data\n");
  const std::string restored =
      must("varved restore --config /srv/draft/varved.toml --log main --from /srv/draft-mirror\n");
  expect_said(restored, "main: restored: ");
  expect_said(restored, "a draft log, for trying");
  ASSERT_NO_FATAL_FAILURE(start(blocks_.at(1)));
  minutes_pass(22);
  must(replaced(blocks_.at(4), "second", "fourth"));
  EXPECT_EQ(try_to("varve-audit check\n").exit_code, kExitGone);
  stop();
  const std::string audited = must("varved audit --config /srv/draft/varved.toml\n");
  expect_said(audited, "main: intact: ");
  expect_said(audited, "a draft log, for trying");
}

}  // namespace
}  // namespace varve::system
