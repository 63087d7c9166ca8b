// Runs docs/operating/first-server.md: every command, in the order of the page.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "runbook.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class FirstServer : public ::testing::Test {
 protected:
  FirstServer() {
    root_ = (fs::temp_directory_path() / "varve-first-XXXXXX").string();
    CHECK(::mkdtemp(root_.data()) != nullptr);
  }
  ~FirstServer() override {
    server_.reset();
    run({"chattr", "-R", "-i", root_});
    fs::remove_all(root_);
  }

  /// The page's directories are below this test's own, and its port is on an address that no other
  /// process has.
  [[nodiscard]] Words shell(const std::string& commands) const {
    const auto id = static_cast<unsigned>(::getpid());
    const std::string address =
        "127.2." + std::to_string(id >> 8 & 255) + "." + std::to_string(id & 255) + ":8443";
    std::string script =
        replaced(commands, "varved init /srv/varve", "varved init /srv/varve --listen " + address);
    script = replaced(script, "https://127.0.0.1:8443", "https://" + address);
    script = replaced(script, "/srv/", root_ + "/");
    return {"bash", "-euc", script};
  }
  [[nodiscard]] static Variables variables() {
    std::string path = std::getenv("PATH");
    for (const char* program : {"varved", "varve-collect", "varve-audit", "varve-keys"})
      path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
    return {{"PATH", path}};
  }
  void must_do(const std::string& commands) {
    if (commands.starts_with("varved --config")) return start(commands);
    const Outcome outcome = run(shell(commands), variables());
    ASSERT_EQ(outcome.exit_code, 0) << commands << outcome.output;
    said_ += outcome.output;
  }
  void start(const std::string& command) {
    const std::string log = root_ + "/log";
    server_ = std::make_unique<Process>(shell("exec " + command), log, variables());
    ASSERT_TRUE(wait_until([&] {
      return read_text(log).find("\"listening\"") != std::string::npos || !server_->running();
    }));
    ASSERT_TRUE(server_->running()) << read_text(log);
  }

  std::string root_;
  std::string said_;
  std::unique_ptr<Process> server_;
};

// Of the first section, the quickstart is a test of its own. Services need a machine that boots:
// tests/walked_machine.sh.
TEST_F(FirstServer, StandsAfterTheCommandsOfThePageInTheirOrder) {
  Blocks blocks = blocks_of("docs/operating/first-server.md");
  blocks.erase("Programs");
  blocks.erase("Services");
  std::size_t done = 0;
  for (const char* section : {"Server", "Collector", "Auditor", "Keys", "From trial to service"}) {
    for (const std::string& block : blocks[section]) {
      SCOPED_TRACE(std::string(section) + ": " + block);
      must_do(block);
      ++done;
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(blocks.size(), 5U) << "a section of the page is not run";
  EXPECT_EQ(done, 9U);
  for (const char* said : {"\"first_index\"", "1 batch sent", "intact", "main-1"})
    EXPECT_NE(said_.find(said), std::string::npos) << said << "\n" << said_;
  server_->send(SIGTERM);
  EXPECT_EQ(server_->wait_ms(), 0);
}

}  // namespace
}  // namespace varve::system
