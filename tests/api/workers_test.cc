// Turns and shares: many tasks of one client, or of all without a credential, delay others little.
#include "api/access/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr std::chrono::minutes kDeadline{2};
const Asker kClient{false, "a client"};

Asker address(int i) {
  return {true, "192.0.2." + std::to_string(i)};
}

// Every order in which seven tasks of three askers can be posted.
TEST(TaskQueue, TakesAskersByTurnsAndTheTasksOfEachInTheirOrder) {
  constexpr int kTasks = 7;
  constexpr int kOrders = 2187;  // three to the power of seven
  for (int order = 0; order < kOrders; ++order) {
    TaskQueue queue;
    std::vector<std::pair<int, int>> taken;  // asker, which of its tasks
    std::array<int, 3> posted{};
    for (int i = 0, rest = order; i < kTasks; ++i, rest /= 3) {
      const int who = rest % 3;
      const int which = posted[static_cast<std::size_t>(who)]++;
      queue.push(std::to_string(who), [&taken, who, which] { taken.emplace_back(who, which); });
    }
    while (!queue.empty()) queue.pop()();
    ASSERT_EQ(taken.size(), static_cast<std::size_t>(kTasks));
    // In round r each asker that has an r-th task is taken once: the rounds never go back.
    std::array<int, 3> next{};
    for (std::size_t i = 0; i < taken.size(); ++i) {
      ASSERT_EQ(taken[i].second, next[static_cast<std::size_t>(taken[i].first)]++) << order;
      if (i != 0) {
        ASSERT_LE(taken[i - 1].second, taken[i].second) << order;
      }
    }
  }
}

// Whoever asks again and again, and everybody who asks: appends and answers about the server go on.
TEST(Workers, AtSearchesAreAtMostHalfWhileOtherTasksRunAtOnce) {
  for (unsigned threads = 2; threads <= 5; ++threads) {
    SCOPED_TRACE(threads);
    Workers workers{threads};
    std::promise<void> release;
    std::atomic<unsigned> running = 0;
    const auto until = release.get_future().share();
    for (int i = 0; i < 12; ++i)
      workers.post(
          {false, std::to_string(i % 5)},
          [&running, until] {
            ++running;
            until.wait();
          },
          TaskKind::kSearch);
    for (const Asker& asker : {kClient, Asker{false, "1"}, address(1)}) {
      std::promise<unsigned> done;
      workers.post(asker, [&] { done.set_value(running); });
      auto seen = done.get_future();
      ASSERT_EQ(seen.wait_for(kDeadline), std::future_status::ready);
      EXPECT_LE(seen.get(), threads / 2);
    }
    release.set_value();
    workers.stop();
    EXPECT_EQ(running, 12u);
  }
}

TEST(Workers, AtSearchesKnowWhenTheyStop) {
  Workers workers{1};
  EXPECT_FALSE(workers.is_stopping());
  std::promise<void> began;
  std::atomic<int> stopped = 0;
  for (int i = 0; i < 3; ++i)
    workers.post(
        kClient,
        [&, i] {
          if (i == 0) began.set_value();
          while (!workers.is_stopping()) std::this_thread::yield();
          ++stopped;
        },
        TaskKind::kSearch);
  began.get_future().wait();
  workers.stop();
  EXPECT_EQ(stopped, 3);
}

TEST(Workers, AtTasksOfTheAnonymousAreAtMostHalfWhileAClientIsServedAtOnce) {
  for (unsigned threads = 1; threads <= 5; ++threads) {
    SCOPED_TRACE(threads);
    Workers workers{threads};
    std::promise<void> release;
    std::atomic<unsigned> running = 0;
    std::atomic<unsigned> most = 0;
    const auto block = [&, until = release.get_future().share()] {
      const unsigned now = ++running;
      for (unsigned seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      until.wait();
      --running;
    };
    for (int i = 0; i < 12; ++i) workers.post(address(i % 3), block);
    std::promise<void> done;
    workers.post(kClient, [&] { done.set_value(); });
    if (threads > 1) {
      EXPECT_EQ(done.get_future().wait_for(kDeadline), std::future_status::ready);
    }
    release.set_value();
    workers.stop();
    EXPECT_LE(most, std::max(1u, threads / 2));
  }
}

TEST(Workers, AreTakenByTurnsWhereThereIsOneForBoth) {
  Workers workers{1};
  std::promise<void> begun;
  std::promise<void> release;
  std::string order;
  workers.post(kClient, [&] {
    begun.set_value();
    release.get_future().wait();
  });
  ASSERT_EQ(begun.get_future().wait_for(kDeadline), std::future_status::ready);
  for (int i = 0; i < 3; ++i) workers.post(address(i), [&] { order += 'a'; });
  for (int i = 0; i < 3; ++i) workers.post(kClient, [&] { order += 'c'; });
  release.set_value();
  workers.stop();
  EXPECT_EQ(order, "acacac");
}

TEST(Workers, FinishWhatWasPostedAndWhatThatPosts) {
  for (unsigned threads = 1; threads <= 4; ++threads) {
    for (int i = 0; i < 50; ++i) {
      Workers workers{threads};
      std::atomic<int> done = 0;
      for (int k = 0; k < 8; ++k) {
        const Asker asker = k % 2 == 0 ? kClient : address(k);
        workers.post(asker, [&workers, &done, k] {
          ++done;
          workers.post(k % 3 == 0 ? kClient : address(k), [&done] { ++done; });
        });
      }
      workers.stop();
      ASSERT_EQ(done, 16) << threads;
    }
  }
}

// The look-up by leaf hash costs a worker and needs no credential.
TEST(Workers, TakeALargeAppendWhileTheAnonymousSearch) {
  Site site;
  std::promise<void> release;
  site.log->before_search = [until = release.get_future().share()] { until.wait(); };
  std::vector<std::future<Response>> searches;
  for (int i = 0; i < 32; ++i)
    searches.push_back(std::async(std::launch::async, [&site] {
      return site.get("/logs/open/proof/inclusion?leaf_hash=" + std::string(64, '0'));
    }));
  std::string lines;
  while (lines.size() <= kSmallBody) lines += "{\"a\":1}\n";  // so that a worker parses it
  auto append = std::async(std::launch::async, [&] {
    return site.post("/logs/open/events", "application/x-ndjson", lines, "append");
  });
  EXPECT_EQ(append.wait_for(kDeadline), std::future_status::ready);
  release.set_value();
  EXPECT_EQ(append.get().status, 201);
  for (auto& search : searches) EXPECT_EQ(search.get().status, 404);
}

}  // namespace
}  // namespace varve::api
