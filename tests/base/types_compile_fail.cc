// Numbers of different kinds do not mix, and no error is dropped unseen: the compiler refuses.
// Each case comes with a twin that differs only in the mistake. ctest compiles this
// file once per case with VARVE_WRONG set to its number and expects a refusal; with no case
// chosen it is part of base_test, so the twins compile, and a refusal has the right reason.
#include "ledger/base/result.h"
#include "ledger/base/types.h"

#ifndef VARVE_WRONG
#define VARVE_WRONG 0
#endif

namespace varve {

void twins_of_what_does_not_compile();
Result<void> may_fail();
bool read_at(ByteOffset at);

// A size is not an index.
#if VARVE_WRONG == 1
constexpr LeafIndex kFirst = TreeSize{1};
#else
constexpr LeafIndex kFirst = LeafIndex{1};
#endif

// A bare number becomes neither by itself.
#if VARVE_WRONG == 2
constexpr TreeSize kSize = 7u;
#else
constexpr TreeSize kSize = TreeSize{7u};
#endif

// ... and neither becomes a bare number.
#if VARVE_WRONG == 3
constexpr std::uint64_t kNumber = kSize;
#else
constexpr std::uint64_t kNumber = kSize.value;
#endif

// Kinds are not compared with each other.
#if VARVE_WRONG == 4
static_assert(kFirst < kSize);
#else
static_assert(kFirst < end_of(kSize));
#endif

// The arguments of contains() cannot be swapped.
#if VARVE_WRONG == 5
static_assert(contains(kFirst, kSize));
#else
static_assert(contains(kSize, kFirst));
#endif

// Positions are not added up.
#if VARVE_WRONG == 6
constexpr auto kSum = kFirst + kFirst;
#else
constexpr auto kSum = LeafIndex{kFirst.value + kFirst.value};
#endif

// 32 bytes are not a hash until someone says so.
#if VARVE_WRONG == 7
const Hash kHash = std::array<std::byte, kHashSize>{};
#else
const Hash kHash = Hash{std::array<std::byte, kHashSize>{}};
#endif

void twins_of_what_does_not_compile() {
  // A leaf is not a place in a file.
#if VARVE_WRONG == 8
  static_cast<void>(read_at(kFirst));
#else
  static_cast<void>(read_at(ByteOffset{kFirst.value}));
#endif
  // A source is not a leaf.
#if VARVE_WRONG == 9
  static_cast<void>(SourceId{1} == kFirst);
#else
  static_cast<void>(SourceId{1} == SourceId{kFirst.value});
#endif
  // An error that may have happened is looked at.
#if VARVE_WRONG == 10
  may_fail();
#else
  static_cast<void>(may_fail().has_value());
#endif
  // A Result is not a condition by accident: `int n = may_fail()` is a mistake.
#if VARVE_WRONG == 11
  const int ok = may_fail();
#else
  const int ok = may_fail() ? 1 : 0;
#endif
  static_cast<void>(ok + static_cast<int>(kNumber + kSum.value) +
                    static_cast<int>(kHash.bytes.size()));
}

Result<void> may_fail() {
  return {};
}
bool read_at(ByteOffset at) {
  return at.value != 0;
}

}  // namespace varve
