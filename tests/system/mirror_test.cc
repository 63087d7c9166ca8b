// A server is lost with its disk, and its log goes on from a mirror: the real programs, end to end.
#include <gtest/gtest.h>

#include <filesystem>

#include "sender.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class Mirror : public ::testing::Test {
 protected:
  Mirror() {
    varve_.start();
    EXPECT_EQ(varve_.stop(), 0);
    fs::create_directory(varve_.path("marks"));
    fs::create_directory(varve_.path("remembered"));
    const std::string config = read_text(varve_.path("varved.toml"));
    write_text(varve_.path("varved.toml"),
               config + "high_water_mark = \"" + varve_.path("marks") + "\"\n");
    varve_.start();
  }
  void expect_consistent_with_what_is_remembered() const {
    const Outcome outcome =
        run({Installation::program("varve-audit"), "checkpoint", varve_.url(), "--vkey",
             varve_.vkey(), "--ca", varve_.path("ca.pem"), "--state", varve_.path("remembered")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  }
  Outcome restore_from(const std::string& mirror) const {
    return run({Installation::program("varved"), "restore", "--config", varve_.path("varved.toml"),
                "--log", "main", "--from", varve_.path(mirror)},
               varve_.variables());
  }

  Installation varve_;
};

TEST_F(Mirror, RestoresALostServerThatGoesOnWithItsLog) {
  Senders senders(varve_, 3, "mirror");
  for (unsigned round = 0; round < 8; ++round) {  // killed while the log grows
    Process mirror(varve_.mirror_words(), varve_.path("mirror.log"));
    pause_ms(30 * round);
    mirror.send(SIGKILL);
    mirror.wait_ms();
  }
  must_run(varve_.mirror_words());
  fs::copy(varve_.path("mirror"), varve_.path("older"), fs::copy_options::recursive);
  ASSERT_TRUE(
      wait_until([&, then = senders.promises()] { return senders.promises() > then + 20; }));
  senders.stop();
  expect_consistent_with_what_is_remembered();
  varve_.wait_for_reads();  // of those that were killed
  must_run(varve_.mirror_words());
  EXPECT_EQ(varve_.stop(), 0);
  fs::rename(varve_.path("data/main"), varve_.path("data/lost"));

  const Outcome refused = restore_from("older");
  EXPECT_EQ(refused.exit_code, 13) << refused.output;
  EXPECT_NE(refused.output.find("older than the high-water mark"), std::string::npos)
      << refused.output;
  const Outcome restored = restore_from("mirror");
  ASSERT_EQ(restored.exit_code, 0) << restored.output;

  varve_.start();
  expect_consistent_with_what_is_remembered();
  Senders more(varve_, 2, "after");
  ASSERT_TRUE(wait_until([&] { return more.promises() > 20; }));
  more.stop();
  expect_consistent_with_what_is_remembered();
  must_run(varve_.mirror_words());
  const std::vector<format::VerifierKey> known{format::parse_vkey(varve_.vkey()).value()};
  for (const Promise& promise : senders.all()) {
    const auto receipt = check_promise(promise, known);
    ASSERT_TRUE(receipt) << receipt.error().message;
  }
  const Outcome audit = run({Installation::program("varve-audit"), "check", varve_.path("mirror"),
                             "--vkey", varve_.vkey()});
  EXPECT_EQ(audit.exit_code, 0) << audit.output;
}

}  // namespace
}  // namespace varve::system
