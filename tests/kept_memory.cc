// Guarded memory is kept for the next secret. libsodium asks the system for it and gives it back, guard pages and
// all, with every secret; exhaustive tests open a store and its keys a hundred thousand times, and that alone was
// half of what they cost. The linker takes these definitions in place of the library's, which they ask only for
// what is not kept. What is kept is zeroed and still has its guard page behind it; the address sanitizer reports
// who touches it. Without that sanitizer, nobody notices who uses a secret that is gone.
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sodium.h>

#include <cstddef>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tests/of_the_library.h"

namespace varve::testing {
namespace {

constexpr std::size_t kKeptMax = 64;  // of each size
constexpr int kFresh = 0xdb;          // what libsodium fills fresh memory with

struct Memory {
  std::mutex lock;
  std::unordered_map<std::size_t, std::vector<void*>> kept;  // by size
  std::unordered_map<void*, std::size_t> used;               // its size
};

/// One for the process; its lock is also held while the process forks, so that no child finds it locked for good.
Memory& memory() {
  static Memory& all = *new Memory;  // outlives secrets that end with the process
  [[maybe_unused]] static const int registered = ::pthread_atfork(
      [] { all.lock.lock(); }, [] { all.lock.unlock(); }, [] { all.lock.unlock(); });
  return all;
}

}  // namespace
}  // namespace varve::testing

extern "C" void* sodium_malloc(std::size_t size) {
  static auto* const library = varve::testing::of_the_library<decltype(sodium_malloc)>(__func__);
  varve::testing::Memory& memory = varve::testing::memory();
  const std::lock_guard held(memory.lock);
  auto& kept = memory.kept[size];
  void* given = nullptr;
  if (kept.empty()) {
    given = library(size);
    if (given == nullptr) return nullptr;
  } else {
    given = kept.back();
    kept.pop_back();
    ASAN_UNPOISON_MEMORY_REGION(given, size);
    std::memset(given, varve::testing::kFresh, size);
  }
  memory.used[given] = size;
  return given;
}

extern "C" void sodium_free(void* given) {
  static auto* const library = varve::testing::of_the_library<decltype(sodium_free)>(__func__);
  varve::testing::Memory& memory = varve::testing::memory();
  const std::lock_guard held(memory.lock);
  const auto used = memory.used.find(given);
  if (used == memory.used.end()) return library(given);
  const std::size_t size = used->second;
  memory.used.erase(used);
  auto& kept = memory.kept[size];
  if (kept.size() >= varve::testing::kKeptMax) return library(given);
  ::sodium_memzero(given, size);
  ASAN_POISON_MEMORY_REGION(given, size);
  kept.push_back(given);
}
