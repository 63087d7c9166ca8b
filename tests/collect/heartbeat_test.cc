// A collector with nothing to send says so: at its start, in intervals, and at its end.
#include <gtest/gtest.h>

#include "follower_test.h"
#include "tools/collect/heartbeat_timer.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kIntervalS = 60;

class HeartbeatTest : public FollowerTest {
 protected:
  void begin(std::uint64_t interval_s = kIntervalS) {
    start();
    timer_.emplace(process_->intake(), process_->spool(), clock_, interval_s);
    ASSERT_TRUE(timer_->start());
  }
  void pass(std::uint64_t seconds) {
    clock_.ms += seconds * 1'000;
    ASSERT_TRUE(timer_->beat_if_due());
  }
  /// What the log has by now.
  std::vector<format::Heartbeat> heard() {
    EXPECT_TRUE(process_->send_to(log_));
    std::vector<format::Heartbeat> heard;
    for (const std::string& text : log_.heartbeats())
      heard.push_back(*format::parse_heartbeat(text));
    return heard;
  }

  std::optional<HeartbeatTimer> timer_;
};

TEST_F(HeartbeatTest, IsSealedAtTheStartInIntervalsAndAtTheEnd) {
  const std::uint64_t began_us = clock_.now_us();
  begin();
  pass(kIntervalS - 1);
  EXPECT_EQ(heard(), (std::vector<format::Heartbeat>{{began_us, kIntervalS, 0}}));
  pass(1);
  EXPECT_EQ(heard().size(), 2u);
  pass(kIntervalS);
  ASSERT_TRUE(timer_->stop());
  EXPECT_EQ(heard().size(), 4u);
  EXPECT_EQ(heard().back(), (format::Heartbeat{began_us, 0, 1})) << "it says that it stops";
  EXPECT_TRUE(log_.payloads().empty());
  EXPECT_EQ(process_->intake().count().events, 0u);
}

TEST_F(HeartbeatTest, IsPutOffByEventsAndSaysSinceWhenThereWereNone) {
  begin();
  pass(kIntervalS - 1);
  inputs_.add("a.log", event_lines(0, 2));
  look();
  pass(0);
  const std::uint64_t taken_us = clock_.now_us();
  pass(kIntervalS - 1);
  EXPECT_EQ(heard().size(), 1u);
  pass(1);
  ASSERT_EQ(heard().size(), 2u);
  EXPECT_EQ(heard().back().since_us, taken_us);
  EXPECT_EQ(log_.payloads(), event_texts(0, 2));
}

TEST_F(HeartbeatTest, WaitsWhileEventsWaitForTheirBatch) {
  begin();
  process_->intake().add("text/plain", bytes_of("an event"), "here");
  pass(2 * kIntervalS);
  EXPECT_EQ(heard().size(), 1u);
}

TEST_F(HeartbeatTest, SaysHowManyBatchesWaitForTheLog) {
  begin();
  pass(kIntervalS);
  pass(kIntervalS);
  const auto all = heard();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].waiting, 0u);
  EXPECT_EQ(all[2].waiting, 2u);
}

TEST_F(HeartbeatTest, IsNeverSealedWhereTheIntervalIsNone) {
  begin(0);
  pass(1'000'000);
  ASSERT_TRUE(timer_->stop());
  EXPECT_TRUE(heard().empty());
}

}  // namespace
}  // namespace varve::collect
