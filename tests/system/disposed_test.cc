// A log whose January was disposed of: a reader over HTTP learns this from the
// first request on, however slow the token is, and nothing reports it as damaged.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "months.h"
#include "sender.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr int kExitGone = 18;
constexpr const char* kKey = "varve/main/2026-01";

class Disposed : public ::testing::Test {
 protected:
  ~Disposed() override { ::unsetenv("VARVE_TOKEN_TAKES_MS"); }

  /// January has six segments of more than a bundle each.
  void dispose_of_january() {
    write_segments(varve_, "main",
                   {kJanuary, kJanuary, kJanuary, kJanuary, kJanuary, kJanuary, kFebruary, kMarch},
                   300);
    let_go(varve_);
    Words words{Installation::program("varve-keys"),
                "kek",
                "destroy",
                "--month",
                "2026-01",
                "--yes",
                kKey,
                "--vkey",
                varve_.vkey(),
                "--prefix",
                "varve/main",
                "--store",
                varve_.path("data/main")};
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    const Outcome destroyed = run(words, varve_.variables());
    ASSERT_EQ(destroyed.exit_code, 0) << destroyed.output;
  }
  void use_slow_token(const std::string& each_call_ms) {
    ::setenv("VARVE_TOKEN_TAKES_MS", each_call_ms.c_str(), 1);
    std::string config = read_text(varve_.path("varved.toml"));
    config.replace(config.find(kSoftHsm), std::string(kSoftHsm).size(),
                   built_file("tests/hsm/fault_module.so"));
    write_text(varve_.path("varved.toml"), config);
  }
  Outcome check() {
    return run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey",
                varve_.vkey(), "--ca", varve_.path("ca.pem"), "--bearer-file",
                varve_.token_file("read")});
  }
  void expect_intact_but_for_january() {
    const Outcome checked = check();
    EXPECT_EQ(checked.exit_code, kExitGone) << checked.output;
    EXPECT_NE(checked.output.find(gone_text(1'800)), std::string::npos) << checked.output;
  }
  int get_status(const std::string& path) {
    const auto response = varve_.connect("read").get(path);
    return response ? response->status : 0;
  }

  Installation varve_;
};

// The auditor reads over four connections, and each start is a cold one.
TEST_F(Disposed, IsAuditedSideBySideAfterEveryStartAlsoWithASlowToken) {
  dispose_of_january();
  for (const char* each_call_ms : {"", "150"}) {
    if (*each_call_ms != '\0') use_slow_token(each_call_ms);
    for (int start = 0; start < 3; ++start) {
      SCOPED_TRACE(start);
      varve_.start();
      expect_intact_but_for_january();
      ASSERT_EQ(varve_.stop(), 0);
    }
  }
}

// An earlier server, its clock back in January, would have made that month key again.
TEST_F(Disposed, WithAFreshKeyOfTheSameNameIsNoDamage) {
  dispose_of_january();
  {
    const auto token = open_token(varve_);
    ASSERT_TRUE(token->wrap(kKey, Buffer(32)));
  }
  const Outcome audited =
      run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
          varve_.variables());
  EXPECT_EQ(audited.exit_code, 0) << audited.output;
  EXPECT_NE(audited.output.find(gone_text(1'800)), std::string::npos);
  for (const bool anew : {false, true}) {
    SCOPED_TRACE(anew);
    if (anew)
      for (const char* derived : {"tree", "leaves", "appends", "catalogue"})
        fs::remove_all(varve_.path(std::string("data/main/") + derived));
    varve_.start();
    EXPECT_EQ(get_status(kJanuaryEvent), 410);
    expect_intact_but_for_january();
    ASSERT_EQ(varve_.stop(), 0);
  }
}

}  // namespace
}  // namespace varve::system
