// A log to which the system gives no thread: it does not open, or what works beside the commits waits.
#include "tests/env/few_threads.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/env/sanitized.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::limit_threads;
using testing::World;

class FewThreads : public ::testing::Test {
 protected:
  void SetUp() override {
    if (VARVE_SANITIZED) GTEST_SKIP() << "a sanitizer has threads of its own";
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become a user who has no other process";
  }
};

/// Marks in memory.
class KeptMark final : public env::HighWaterMark {
 public:
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    return std::vector<env::Mark>();
  }
  Result<void> write(const env::Mark& mark) override {
    size = mark.size.value;
    return {};
  }
  std::atomic<std::uint64_t> size = 0;
};

TEST_F(FewThreads, KeepALogFromOpeningAndSayWhy) {
  EXPECT_TRUE(testing::on_its_own([] {
    World world;
    for (const rlim_t most : {1, 2}) {  // none, and one of the two that it has for good
      limit_threads(most);
      const auto opened = world.open();
      if (opened || opened.error().code != Code::kBusy) return false;
      if (opened.error().message.find("TasksMax") == std::string::npos) return false;
    }
    limit_threads(100);
    return world.open().has_value() && world.append_events(events(1)).has_value();
  }));
}

TEST_F(FewThreads, LetALogServeAndItsMarkWait) {
  EXPECT_TRUE(testing::on_its_own([] {
    KeptMark mark;
    std::atomic<int> told = 0;
    World world;
    world.marks = &mark;
    world.notice = [&told](std::string_view event, const std::string&) {
      if (event == "mark_not_written") ++told;
    };
    limit_threads(4);  // the first, and those that sign, commit and scrub
    if (!world.open()) return false;
    for (int k = 0; k < 5; ++k)
      if (!world.append_events(events(1))) return false;
    while (told == 0) std::this_thread::yield();
    if (mark.size != 0 || told != 1) return false;
    limit_threads(100);
    while (mark.size == 0) std::this_thread::yield();
    world.log.reset();
    return told == 1;
  }));
}

}  // namespace
}  // namespace varve
