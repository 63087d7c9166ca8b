// Who asks for a log while others join gets that one, or none.
#include "api/access/hosted_logs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace varve::api {
namespace {

HostedLog named(const std::string& name) {
  HostedLog log{};
  log.name = name;
  return log;
}

TEST(HostedLogs, AreFoundOnceTheyAreShown) {
  HostedLogs logs({named("a")});
  ASSERT_NE(logs.find("a"), nullptr);
  EXPECT_EQ(logs.find("a")->name, "a");
  logs.add({named("b"), named("c")});
  EXPECT_EQ(logs.find("b"), nullptr);
  logs.take_back();
  logs.add({named("d")});
  logs.show();
  EXPECT_EQ(logs.find("b"), nullptr);
  ASSERT_NE(logs.find("d"), nullptr);
  EXPECT_EQ(logs.find("d")->name, "d");
}

TEST(HostedLogs, ThatJoinAreNotTakenForAnother) {
  HostedLogs logs({named("a")});
  std::atomic<bool> ended = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!ended) {
      if (logs.find("nobody's") != nullptr) ++wrong;
      const HostedLog* const last = logs.find("999");
      if (last != nullptr && last->name != "999") ++wrong;
    }
  });
  for (std::size_t k = 0; k < HostedLogs::kJoinMax; ++k) {
    logs.add({named(std::to_string(k))});
    logs.show();
  }
  ended = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_NE(logs.find("999"), nullptr);
}

}  // namespace
}  // namespace varve::api
