// What an operator learns about a token that gives no signature.
#include <gtest/gtest.h>

#include <mutex>

#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::World;

TEST(Signer, ThatIsGoneIsToldOfOnceWithWhatItAnsweredAndOnceWhenItIsBack) {
  World world;
  std::mutex mutex;
  std::vector<std::string> told;
  world.notice = [&](std::string_view event, const std::string&) {
    const std::lock_guard lock(mutex);
    told.emplace_back(event);
  };
  ASSERT_TRUE(world.open());
  world.signer.down = true;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.append_events(events(1)).error().code, Code::kBusy);
  const std::string answered = world.signer.sign({}, {}).error().message;
  ASSERT_FALSE(answered.empty());
  EXPECT_NE(world.log->status().reason.find(answered), std::string::npos)
      << world.log->status().reason;
  world.signer.down = false;
  while (!world.append_events(events(1))) {
  }
  EXPECT_EQ(world.log->status().reason, "");
  const std::lock_guard lock(mutex);
  EXPECT_EQ(told, (std::vector<std::string>{"signature_missing", "signed_again"}));
}

}  // namespace
}  // namespace varve
