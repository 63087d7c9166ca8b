// A limit of descriptors that is low: strangers' connections do not take those that the logs and
// the token need, and an append on a connection that was accepted is answered.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "bare_server.h"
#include "sender.h"
#include "tests/api/raw_client.h"

namespace varve::system {
namespace {

constexpr unsigned kLimit = 300;

std::size_t open_files(const Process& process) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process.id()) + "/fd")) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

/// How many connections the log line allows.
std::size_t connections_of(const std::string& printed) {
  const std::string before = "there are at most ";
  const std::size_t at = printed.find(before);
  return at == std::string::npos ? 0
                                 : std::strtoull(printed.c_str() + at + before.size(), nullptr, 10);
}

TEST(FewDescriptors, LeaveTheTokenAndTheLogWhatTheyNeed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can count the descriptors of varved";
  const Installation varve;
  BareServer server(varve, "few", {.data = varve.path("few-data")});
  ASSERT_TRUE(
      server.start({"sh", "-c", "ulimit -n " + std::to_string(kLimit) + " && exec \"$0\" \"$@\""}));
  EXPECT_NE(server.printed().find("\"connections_limited\""), std::string::npos);
  client::HttpClient sender = server.connect("append");
  ASSERT_EQ(post_events(sender, "first", {"{}"})->status, 201);
  const std::size_t without = open_files(server.process()) - 1;
  std::vector<std::unique_ptr<api::RawClient>> strangers;
  for (unsigned i = 0; i < 2 * kLimit; ++i)
    strangers.push_back(std::make_unique<api::RawClient>(server.port(), 60, "127.0.0.2"));
  for (int k = 0; k < 8; ++k)
    EXPECT_EQ(post_events(sender, "key-" + std::to_string(k), {"{}"})->status, 201);
  EXPECT_LT(open_files(server.process()), kLimit);
  EXPECT_EQ(server.printed().find("signature_missing"), std::string::npos);
  EXPECT_LE(without, kLimit - connections_of(server.printed())) << "the allowance covers it";
}

}  // namespace
}  // namespace varve::system
