// All month keys at once, and the names by which keys are destroyed.
#include <filesystem>

#include "kek.h"
#include "runbook.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

// A whole change of token: months with segments, one that was destroyed, one that is still to come.
TEST_F(Kek, OfAllMonthsAreMovedToAnotherTokenByOneCommand) {
  write_segments(varve_, "main", {kJanuary, kFebruary, kMarch}, 5);
  let_go(varve_);
  ASSERT_EQ(kek("rotate", {"--month", "2026-02"}).exit_code, 0);
  ASSERT_EQ(kek("rotate", {"--month", "2031-01"}).exit_code, 0);
  ASSERT_EQ(kek("destroy", {"--month", "2026-01", "--yes", "varve/main/2026-01"}).exit_code, 0);
  const std::string command = Installation::program("varve-keys");
  ASSERT_EQ(run({command, "init-token", "--module", kSoftHsm, "--label", "new", "--so-pin",
                 "file:" + varve_.path("pin"), "--pin", "file:" + varve_.path("pin")},
                varve_.variables())
                .exit_code,
            0);
  const Words all{"--all",       "--json",           "--new-module", kSoftHsm,
                  "--new-token", "pkcs11:token=new", "--new-pin",    "file:" + varve_.path("pin")};
  const Outcome moved = kek("rotate", all);
  EXPECT_EQ(moved.output,
            "{\"months\":[{\"month\":\"2026-01\",\"result\":\"destroyed\"},"
            "{\"month\":\"2026-02\",\"result\":\"rotated\",\"label\":\"varve/main/2026-02.3\","
            "\"segments\":1},"
            "{\"month\":\"2026-03\",\"result\":\"rotated\",\"label\":\"varve/main/2026-03.2\","
            "\"segments\":2},"
            "{\"month\":\"2031-01\",\"result\":\"rotated\",\"label\":\"varve/main/2031-01.3\","
            "\"segments\":0}]}\n")
      << moved.output;
  const Outcome again = kek("rotate", all);
  EXPECT_EQ(again.output.find("rotated"), std::string::npos) << again.output;
  EXPECT_EQ(kek("rotate").exit_code, kExitInvalid) << "neither a month nor all";
  EXPECT_EQ(kek("rotate", {"--all", "--month", "2026-02"}).exit_code, 2);

  // The new token alone opens everything that was not destroyed.
  ASSERT_EQ(
      run({"softhsm2-util", "--delete-token", "--token", "system"}, varve_.variables()).exit_code,
      0);
  const std::string config =
      replaced(read_text(varve_.path("varved.toml")), "pkcs11:object=first", varve_.vkey());
  write_text(varve_.path("varved.toml"), replaced(config, "token=system", "token=new"));
  const Outcome audited = audit();
  EXPECT_EQ(audited.exit_code, 0) << audited.output;
  EXPECT_NE(audited.output.find(gone_text(5)), std::string::npos) << audited.output;
  EXPECT_EQ(audited.output.find("of 2026-02 are gone"), std::string::npos) << audited.output;
}

// An interruption leaves whole months behind it, and the next run does the rest.
TEST_F(Kek, OfAllMonthsAreMovedByTheNextRunWhereOneStopped) {
  write_segments(varve_, "main", {kJanuary, kFebruary, kMarch}, 5);
  run({"chattr", "-R", "-i", varve_.path("data")});
  fs::create_directories(varve_.path("data/main/data-keys/2026-02.tmp"));
  const Outcome stopped = kek("rotate", {"--all"});
  EXPECT_NE(stopped.exit_code, 0);
  EXPECT_NE(stopped.output.find("varve/main/2026-01.2 wraps the data keys of 1 segments"),
            std::string::npos)
      << stopped.output;
  fs::remove_all(varve_.path("data/main/data-keys/2026-02.tmp"));
  EXPECT_EQ(kek("rotate", {"--all"}).exit_code, 0);
  expect_all_there();
}

// On one token: a run that is repeated, for whatever reason, makes no further keys.
TEST_F(Kek, OfAllMonthsAreExchangedOnceHoweverOftenItIsAsked) {
  write_segments(varve_, "main", {kJanuary, kFebruary}, 5);
  ASSERT_EQ(kek("rotate", {"--month", "2031-01"}).exit_code, 0);
  run({"chattr", "-R", "-i", varve_.path("data")});
  const auto month_files = [&] {
    std::string all;
    for (const auto& entry : fs::directory_iterator(varve_.path("data/main/data-keys")))
      if (entry.path().filename() != "lock") all += read_text(entry.path());
    return all;
  };
  EXPECT_NE(kek("rotate", {"--all"}).output.find("varve/main/2026-01.2 wraps"), std::string::npos);
  const std::string files = month_files();
  for (int again = 0; again < 2; ++again) {
    const Outcome repeated = kek("rotate", {"--all"});
    EXPECT_EQ(repeated.exit_code, 0);
    EXPECT_EQ(repeated.output,
              "2026-01: rotated before\n2026-02: rotated before\n2031-01: rotated before\n");
    EXPECT_EQ(month_files(), files);
  }
  ASSERT_EQ(kek("destroy", {"--month", "2026-01", "--superseded", "--yes", "varve/main/2026-01"})
                .exit_code,
            0);
  EXPECT_EQ(kek("rotate", {"--all"}).output,
            "varve/main/2026-01.3 wraps the data keys of 1 segments\n2026-02: rotated before\n"
            "2031-01: rotated before\n");
  expect_all_there();
}

// The dry run lists the keys by the names that they have on the token.
TEST_F(Kek, IsDestroyedByEveryNameThatTheDryRunPrints) {
  write_segments(varve_, "main", {kJanuary, kFebruary, kMarch, kApril}, 5);
  let_go(varve_, "main", kApril);
  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  ASSERT_EQ(kek("rotate", {"--month", "2026-02"}).exit_code, 0);
  const Outcome dry = kek("destroy", {"--month", "2026-02", "--dry-run"});
  EXPECT_NE(dry.output.find("would be destroyed: varve/main/2026-02, varve/main/2026-02.2\n"),
            std::string::npos)
      << dry.output;
  EXPECT_NE(dry.output.find("\nconfirmed by --yes 'varve/main/2026-02'\n"), std::string::npos);
  const auto destroy = [&](const std::string& month, const std::string& name) {
    return kek("destroy", {"--month", month, "--yes", name}).exit_code;
  };
  EXPECT_EQ(destroy("2026-02", "varve/main/2026-02.2"), kExitInvalid) << "one of two";
  EXPECT_EQ(destroy("2026-02", "varve/main/2026-02, varve/main/2026-02.2"), 0);
  ASSERT_EQ(kek("destroy", {"--month", "2026-01", "--superseded", "--yes", "varve/main/2026-01"})
                .exit_code,
            0);
  EXPECT_EQ(destroy("2026-01", "varve/main/2026-01.2"), 0) << "the one that is left";
}

}  // namespace
}  // namespace varve::system
