// Who read what, of a real server and by the auditor's own program: on record while it runs, and before it
// stops in order.
#include <gtest/gtest.h>

#include "sender.h"

namespace varve::system {
namespace {

class ReadsOfAServer : public ::testing::Test {
 protected:
  ReadsOfAServer() { varve_.start(); }
  [[nodiscard]] int get(const std::string& role, const std::string& path) const {
    const auto response = varve_.connect(role).get(path);
    return response ? response->status : 0;
  }
  [[nodiscard]] std::string reads(const Words& more = {}) const {
    Words words = {Installation::program("varve-audit"),
                   "reads",
                   varve_.url(),
                   "--vkey",
                   varve_.vkey(),
                   "--ca",
                   varve_.path("ca.pem"),
                   "--bearer-file",
                   varve_.token_file("read")};
    words.insert(words.end(), more.begin(), more.end());
    return must_run(words);
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Installation varve_;
};

TEST_F(ReadsOfAServer, AreInTheLogAMomentLaterAsTheAuditorsProgramFindsThem) {
  client::HttpClient sender = varve_.connect("append");
  ASSERT_TRUE(post_events(sender, "one", {"{\"patient\":\"4711\"}"}));
  EXPECT_EQ(get("read", "/events/3"), 200);
  EXPECT_EQ(get("append", "/events/3"), 403);
  std::string list;
  ASSERT_TRUE(wait_until([&] { return has(list = reads({"--index", "3"}), "/events/{item}"); }));
  EXPECT_TRUE(has(list, "who-read (token) at 127.0.0.")) << list;
  EXPECT_TRUE(has(list, "\n  read 3, by 1 request GET /logs/{log}/events/{item}\n")) << list;
  EXPECT_FALSE(has(reads({"--client", "who-append"}), "\n  read 3"));
  // The list was a read itself.
  ASSERT_TRUE(wait_until([&] { return has(reads(), "GET /logs/{log}/tile/entries/{rest}"); }));
  EXPECT_FALSE(has(reads({"--json"}), "4711"));
}

TEST_F(ReadsOfAServer, AreOnRecordBeforeItStopsInOrder) {
  EXPECT_EQ(get("read", "/events/3"), 200);
  ASSERT_EQ(varve_.stop(), 0);
  varve_.start();
  const std::string list = reads({"--index", "3"});
  EXPECT_TRUE(has(list, "\n  read 3, by 1 request GET /logs/{log}/events/{item}\n")) << list;
  EXPECT_FALSE(has(list, "may be missing")) << list;
}

// SIGKILL may take reads of the last moment. The next start says so; after an orderly end it does not.
TEST_F(ReadsOfAServer, ThatACrashMayHaveTakenAreALossOnRecord) {
  EXPECT_EQ(get("read", "/events/2"), 200);
  varve_.kill_9();
  varve_.start();
  const auto lost = [&] { return has(reads(), "may be missing"); };
  EXPECT_TRUE(wait_until(lost));
  ASSERT_EQ(varve_.stop(), 0);
  varve_.start();
  const std::string list = reads();
  EXPECT_EQ(list.find("may be missing"), list.rfind("may be missing")) << list;
}

TEST_F(ReadsOfAServer, ThatWereRefusedAreOnRecord) {
  EXPECT_EQ(get("append", "/events/2"), 403);
  std::string list;
  ASSERT_TRUE(wait_until([&] { return has(list = reads(), "not-allowed"); }));
  EXPECT_TRUE(has(list, "1 request of who-append at 127.")) << list;
}

TEST_F(ReadsOfAServer, AreNeverLostWhereTheyAreAnsweredOnceOnRecord) {
  ASSERT_EQ(varve_.stop(), 0);
  std::string config = read_text(varve_.path("varved.toml"));
  config.insert(config.find("[server]\n") + 9, "access_records = \"before\"\n");
  write_text(varve_.path("varved.toml"), config);
  for (int round = 0; round < 3; ++round) {
    varve_.start();
    ASSERT_EQ(get("read", "/events/3"), 200);
    varve_.kill_9();
  }
  varve_.start();
  const std::string list = reads({"--index", "3"});
  std::size_t times = 0;
  for (std::size_t at = 0;
       (at = list.find("\n  read 3, by 1 request GET ", at)) != std::string::npos; ++at)
    ++times;
  EXPECT_EQ(times, 3U) << list;
}

}  // namespace
}  // namespace varve::system
