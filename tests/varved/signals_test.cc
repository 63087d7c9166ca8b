// The wait of the thread that serves: for a signal, or for its time to be over.
#include "tools/server/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace varve::tools {
namespace {

TEST(WaitForSignals, EndsWithASignalOrWithItsTime) {
  Signals signals;
  signals.serve();
  EXPECT_EQ(signals.wait(std::chrono::seconds{0}), 0);
  ASSERT_EQ(std::raise(SIGHUP), 0);
  EXPECT_EQ(signals.wait(std::chrono::hours{24}), SIGHUP);
  EXPECT_EQ(signals.wait(std::chrono::seconds{0}), 0);
}

}  // namespace
}  // namespace varve::tools
