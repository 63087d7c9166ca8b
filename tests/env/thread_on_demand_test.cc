// A thread that is there while there is work: it ends, is made again, and may be refused.
#include "ledger/env/thread_on_demand.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>

#include "tests/env/few_threads.h"
#include "tests/env/sanitized.h"

namespace varve::env {
namespace {

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST(ThreadOnDemand, EndsWhenItHasNothingToDoAndIsMadeAgain) {
  const std::ptrdiff_t before = threads();
  ThreadOnDemand thread([] {}, std::chrono::milliseconds(1));
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> done = false;
    ASSERT_TRUE(thread.try_start([&done] { done = true; })) << round;
    thread.wait();
    EXPECT_TRUE(done);
    while (threads() != before) std::this_thread::yield();
  }
}

TEST(ThreadOnDemand, TakesOneJobAtATimeAndTheNextOneAtTheEndOfTheLast) {
  std::atomic<int> jobs = 0;
  std::atomic<bool> may_end = false;
  ThreadOnDemand* self = nullptr;
  ThreadOnDemand thread([&] {
    if (jobs != 1) return;
    EXPECT_TRUE(self->try_start([&jobs] { ++jobs; }));
  });
  self = &thread;
  ASSERT_TRUE(thread.try_start([&] {
    may_end.wait(false);
    ++jobs;
  }));
  EXPECT_FALSE(thread.ended());
  EXPECT_FALSE(thread.try_start([&jobs] { jobs = 100; }));
  may_end = true;
  may_end.notify_all();
  while (jobs != 2) thread.wait();
}

TEST(ThreadOnDemand, ThatTheSystemDoesNotGiveIsAskedForAgain) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "a sanitizer has threads of its own";
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become a user who has no other process";
  EXPECT_TRUE(testing::on_its_own([] {
    bool done = false;
    ThreadOnDemand thread;
    testing::limit_threads(1);
    if (thread.try_start([&done] { done = true; }) || !thread.ended()) return false;
    testing::limit_threads(2);
    if (!thread.try_start([&done] { done = true; })) return false;
    thread.wait();
    return done;
  }));
}

}  // namespace
}  // namespace varve::env
