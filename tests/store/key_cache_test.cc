// Data keys in memory: a bounded number, the least recently used go first, none goes while it is used,
// and what went is not left behind.
#include "ledger/store/key_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <list>
#include <map>
#include <optional>
#include <thread>

#include "ledger/env/posix.h"
#include "ledger/store/frame_codec.h"

namespace varve::store {
namespace {

Buffer key_of_segment(std::uint64_t ordinal) {
  Buffer key(kDataKeySize);
  for (std::size_t i = 0; i < sizeof ordinal; ++i)
    key[i] = static_cast<std::byte>(ordinal >> (8 * i));
  key.back() = std::byte{1};
  return key;
}

std::size_t memory_maps() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

class Keys : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(env::initialize()); }
};

// Six years of daily segments of eight logs are 19,104: each in memory of its own, four maps, they
// would end the process, which has 65,530.
TEST_F(Keys, OfTwentyThousandSegmentsTakeAHandfulOfMemoryMaps) {
  constexpr std::uint64_t kSegments = 20'000;
  const std::size_t before = memory_maps();
  const auto cache = KeyCache::of(KeyCache::kKeysKept);
  for (std::uint64_t k = 0; k < kSegments; ++k) {
    ASSERT_FALSE(cache->find(k));
    const auto key = cache->put(k, key_of_segment(k));
    ASSERT_TRUE(key) << key.error().message;
    ASSERT_EQ(to_buffer(key->view()), key_of_segment(k));
  }
  EXPECT_LE(memory_maps(), before + 256) << "a sanitizer has some of its own";
  std::uint64_t kept = 0;
  for (std::uint64_t k = 0; k < kSegments; ++k) {
    const auto key = cache->find(k);
    if (!key) continue;
    ++kept;
    ASSERT_EQ(to_buffer(key->view()), key_of_segment(k));
  }
  EXPECT_EQ(kept, KeyCache::kKeysKept);
}

/// What a cache of two slots and three segments has to do.
class Model {
 public:
  bool find(std::uint64_t k) {
    const auto at = std::ranges::find(recent_, k);
    if (at == recent_.end()) return false;
    recent_.splice(recent_.begin(), recent_, at);
    return true;
  }
  /// Whether there is a place.
  bool put(std::uint64_t k, const std::map<std::uint64_t, std::vector<PinnedKey>>& held) {
    const auto is_held = [&](std::uint64_t other) {
      const auto at = held.find(other);
      return at != held.end() && !at->second.empty();
    };
    if (recent_.size() == 2) {
      const auto idle = std::find_if_not(recent_.rbegin(), recent_.rend(), is_held);
      if (idle == recent_.rend()) return false;
      recent_.erase(std::prev(idle.base()));
    }
    recent_.push_front(k);
    return true;
  }

 private:
  std::list<std::uint64_t> recent_;
};

// Every course of five steps: each uses one of three keys and lets go of it, or holds it; or all
// that is held is let go of.
TEST_F(Keys, GoByLastUseAndNeverWhileTheyAreHeld) {
  constexpr std::uint64_t kSegments = 3;
  constexpr unsigned kChoices = 2 * kSegments + 1;
  unsigned courses = 1;
  for (int step = 0; step < 5; ++step) courses *= kChoices;
  for (unsigned course = 0; course < courses; ++course) {
    SCOPED_TRACE(course);
    const auto cache = KeyCache::of(2);
    Model model;
    std::map<std::uint64_t, std::vector<PinnedKey>> held;
    unsigned rest = course;
    for (int step = 0; step < 5; ++step, rest /= kChoices) {
      const std::uint64_t k = rest % kChoices;
      if (k == 2 * kSegments) {
        held.clear();
        continue;
      }
      const std::uint64_t segment = k % kSegments;
      auto found = cache->find(segment);
      ASSERT_EQ(found.has_value(), model.find(segment));
      if (!found) {
        auto put = cache->put(segment, key_of_segment(segment));
        ASSERT_EQ(put.has_value(), model.put(segment, held));
        if (!put) {
          ASSERT_EQ(put.error().code, Code::kBusy);
          continue;
        }
        found.emplace(std::move(*put));
      }
      if (k >= kSegments) held[segment].push_back(std::move(*found));
      for (const auto& [ordinal, keys] : held)
        for (const PinnedKey& key : keys) ASSERT_EQ(to_buffer(key.view()), key_of_segment(ordinal));
    }
  }
}

TEST_F(Keys, AreZeroedWhenTheyGo) {
  const auto cache = KeyCache::of(2);
  auto first = cache->put(7, key_of_segment(7));
  ASSERT_TRUE(first);
  const Bytes place = first->view();
  ASSERT_TRUE(cache->put(7, key_of_segment(8))) << "the segment was begun anew, with another key";
  EXPECT_EQ(to_buffer(place), key_of_segment(7)) << "who uses the old one goes on";
  EXPECT_EQ(to_buffer(cache->find(7)->view()), key_of_segment(8));
  { const PinnedKey gone = std::move(*first); }
  EXPECT_EQ(to_buffer(place), Buffer(kDataKeySize));
}

TEST_F(Keys, OutliveTheCacheWhileTheyAreHeld) {
  auto cache = KeyCache::of(2);
  const auto key = cache->put(7, key_of_segment(7));
  cache.reset();
  EXPECT_EQ(to_buffer(key->view()), key_of_segment(7));
}

TEST_F(Keys, AreRefusedWhereThereIsNoMemoryForThem) {
  const auto cache = KeyCache::of(std::size_t{1} << 55);
  const auto refused = cache->put(7, key_of_segment(7));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kBusy);
  EXPECT_FALSE(cache->has(7));
}

TEST_F(Keys, AreSharedByThreads) {
  const auto cache = KeyCache::of(8);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t k = 0; k < 20'000; ++k) {
        const std::uint64_t ordinal = (k * 7 + t) % 24;
        auto key = cache->find(ordinal);
        if (!key) {
          auto put = cache->put(ordinal, key_of_segment(ordinal));
          if (!put) continue;
          key.emplace(std::move(*put));
        }
        ASSERT_EQ(to_buffer(key->view()), key_of_segment(ordinal));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Keys, ThatAreForgottenAreWipedOnceNobodyUsesThem) {
  const auto cache = KeyCache::of(4);
  std::optional<PinnedKey> used(std::move(*cache->put(1, key_of_segment(1))));
  ASSERT_TRUE(cache->put(2, key_of_segment(2)));
  const std::byte* const place = used->view().data();
  std::atomic<bool> released = false;
  std::thread user([&] {
    EXPECT_EQ(to_buffer(used->view()), key_of_segment(1)) << "who has it uses it to the end";
    released = true;
    used.reset();
  });
  cache->forget({1, 7});
  EXPECT_TRUE(released);
  user.join();
  EXPECT_FALSE(cache->find(1));
  EXPECT_TRUE(std::all_of(place, place + kDataKeySize,
                          [](std::byte byte) { return byte == std::byte{0}; }));
  EXPECT_TRUE(cache->find(2));
}

}  // namespace
}  // namespace varve::store
