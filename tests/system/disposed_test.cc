// A log whose January was disposed of: a reader over HTTP learns this from the
// first request on, however slow the token is, and nothing reports it as damaged.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>

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

  /// January has six segments of more than a bundle each. A record disposes of it.
  void let_january_go() {
    write_segments(varve_, "main",
                   {kJanuary, kJanuary, kJanuary, kJanuary, kJanuary, kJanuary, kFebruary, kMarch},
                   300);
    let_go(varve_);
  }
  /// Its key is destroyed by hand.
  void dispose_of_january() {
    let_january_go();
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
  /// Of January's six.
  [[nodiscard]] std::set<unsigned> ordinals_in(const std::string& folder) const {
    std::set<unsigned> found;
    for (unsigned ordinal = 0; ordinal < 6; ++ordinal) {
      const std::string name = "0000000" + std::to_string(ordinal);
      if (fs::exists(varve_.path("data/main/" + folder + "/" + name +
                                 (folder == "segments" ? ".seg" : ""))))
        found.insert(ordinal);
    }
    return found;
  }
  void expect_audited_intact() {
    const Outcome audited =
        run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
            varve_.variables());
    EXPECT_EQ(audited.exit_code, 0) << audited.output;
    EXPECT_NE(audited.output.find(gone_text(1'800)), std::string::npos) << audited.output;
  }
  /// What the log's records dispose of, nobody has to name: the timer's drill goes on as before.
  void expect_drilled_without_a_list_of_months() {
    const Outcome mirrored = run(varve_.mirror_words());
    EXPECT_EQ(mirrored.exit_code, kExitGone) << mirrored.output;
    fs::create_directory(varve_.path("scratch"));
    write_drill_config(varve_);
    const Outcome drilled =
        run({Installation::program("varved"), "drill", "--config", varve_.path("drill.toml"),
             "--from", varve_.path("mirror"), "--scratch", varve_.path("scratch")});
    EXPECT_EQ(drilled.exit_code, 0) << drilled.output;
    EXPECT_NE(drilled.output.find("1801 events of 2026-01 are destroyed"), std::string::npos)
        << drilled.output;
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

// The server is killed as soon as it has come that far, and started again: at no moment is a segment
// neither there nor kept, and the last start ends what the record began.
TEST_F(Disposed, ByAServerThatIsKilledMeanwhileEndsTheSame) {
  let_january_go();
  use_slow_token("40");
  const auto kept = [this](std::size_t count) {
    return [this, count] { return ordinals_in("remains").size() >= count; };
  };
  const auto left = [this](std::size_t count) {
    return [this, count] { return ordinals_in("segments").size() <= count; };
  };
  for (const std::function<bool()>& has_come :
       {std::function<bool()>(kept(1)), std::function<bool()>(kept(4)),
        std::function<bool()>(kept(6)), std::function<bool()>(left(5))}) {
    varve_.start();
    ASSERT_TRUE(wait_until(has_come));
    varve_.kill_9();
    const auto files = ordinals_in("segments");
    const auto remains = ordinals_in("remains");
    for (unsigned ordinal = 0; ordinal < 6; ++ordinal)
      EXPECT_TRUE(files.contains(ordinal) || remains.contains(ordinal)) << ordinal;
  }
  varve_.start();
  ASSERT_TRUE(wait_until(left(0)));
  EXPECT_EQ(get_status(kJanuaryEvent), 410);
  expect_intact_but_for_january();
  expect_drilled_without_a_list_of_months();
  ASSERT_EQ(varve_.stop(), 0);
  EXPECT_EQ(ordinals_in("remains").size(), 6U);
  expect_audited_intact();
  const auto has_key = open_token(varve_)->holds_kek(kKey);
  ASSERT_TRUE(has_key);
  EXPECT_FALSE(*has_key);
}

}  // namespace
}  // namespace varve::system
