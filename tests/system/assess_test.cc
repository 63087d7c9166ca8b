// What an assessment tries, tried on a real server, its token and its store. Months pass here in a moment, so that
// the whole life of one is seen; the log is locked, as those are that people keep.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "installation.h"
#include "process.h"
#include "tests/directories.h"
#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/run.h"
#include "tools/config/audit_config.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;
using audit::assess::Outcome;
using audit::assess::Verdict;

constexpr const char* kClockLibrary = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

class Assess : public ::testing::Test {
 protected:
  Assess() {
    root_ = (fs::temp_directory_path() / "varve-assess-XXXXXX").string();
    CHECK(::mkdtemp(root_.data()) != nullptr);
  }
  ~Assess() override {
    server_.reset();
    run({"chattr", "-R", "-i", root_});
    fs::remove_all(root_);
  }
  void SetUp() override {
    if (!fs::exists(kClockLibrary)) GTEST_SKIP() << "faketime is not installed";
    const auto id = static_cast<unsigned>(::getpid());
    const std::string address =
        "127.3." + std::to_string(id >> 8 & 255) + "." + std::to_string(id & 255) + ":8443";
    must_run({Installation::program("varved"), "init", root_ + "/varve", "--origin",
              "audit.example.org/assessed", "--listen", address});
    const std::string config = root_ + "/varve/varved.toml";
    write_text(config, read_text(config) + "retention_days = 31\n");
    days_pass("0");
    std::string path = std::getenv("PATH");
    for (const char* program : {"varved", "varve-audit", "varve-keys"})
      path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
    ::setenv("PATH", path.c_str(), 1);
    start();
    const auto site = audit::assess::find_site({config, ""});
    ASSERT_TRUE(site) << site.error().message;
    site_ = *site;
    site_.vkey = tools::read_first_vkey(root_ + "/varve/first.vkey").value();
    site_.appender_file = root_ + "/varve/credentials/append";
    site_.scratch = root_ + "/scratch";
    site_.patience_s = kPatienceMs / 1'000;
    fs::create_directory(site_.scratch);
  }
  void days_pass(const std::string& days) { write_text(root_ + "/days", "+" + days + "d\n"); }
  void start() {
    server_ = std::make_unique<Process>(
        Words{Installation::program("varved"), "--config", root_ + "/varve/varved.toml"},
        root_ + "/journal",
        Variables{{"LD_PRELOAD", built_file("tests/system/real_waits.so") + ":" + kClockLibrary},
                  {"FAKETIME_NO_CACHE", "1"},
                  {"FAKETIME_TIMESTAMP_FILE", root_ + "/days"}});
    ASSERT_TRUE(wait_until([&] {
      return read_text(root_ + "/journal").find("\"listening\"") != std::string::npos ||
             !server_->running();
    }));
    ASSERT_TRUE(server_->running()) << read_text(root_ + "/journal");
  }

  std::string root_;
  std::unique_ptr<Process> server_;
  audit::assess::Site site_;
};

/// What a fresh server of one log does not have.
bool is_not_there(const std::string& name) {
  return name == "read-another-log";
}

TEST_F(Assess, OfARealServerHoldsInAllThatIsTried) {
  const auto as_it_goes = [&](const Outcome& outcome) {
    if (outcome.name == "name-approvers") days_pass("32");
    if (outcome.name == "release-by-one") days_pass("64");
    if (outcome.name == "disposal-with-young-notice") days_pass("72");
    const Verdict expected = is_not_there(outcome.name) ? Verdict::kNotTried : Verdict::kHeld;
    EXPECT_EQ(outcome.verdict, expected) << outcome.name << ": " << outcome.why << "\n"
                                         << outcome.answered.command << "\n"
                                         << outcome.answered.code << ": " << outcome.answered.text;
  };
  const auto groups = audit::assess::try_all(site_, audit::assess::all_groups(), as_it_goes);
  EXPECT_EQ(groups.size(), audit::assess::all_groups().size());
}

}  // namespace
}  // namespace varve::system
