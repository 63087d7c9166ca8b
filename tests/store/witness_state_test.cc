// What a witness must not forget: kept over a restart, whole or not at all, and its own.
#include "ledger/store/witness_state.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ledger/env/posix.h"
#include "tests/env/temporary_directory.h"

namespace varve::store {
namespace {

constexpr auto kCosigned = WitnessTable::kCosigned;
const Hash kLog{{std::byte{7}}};

struct WitnessStates : ::testing::Test {
  env::TemporaryDirectory directory;
  std::unique_ptr<env::Filesystem> files = *env::open_posix(directory.path());

  [[nodiscard]] Result<std::unique_ptr<WitnessState>> open(const std::string& vkey = "w+1+A") {
    return WitnessState::open(*files, vkey);
  }
  static void put(WitnessState& state, const std::string& text) {
    auto round = state.begin();
    ASSERT_TRUE(round);
    ASSERT_TRUE(round->put(kCosigned, kLog, text));
    ASSERT_TRUE(std::move(*round).commit());
  }
};

TEST_F(WitnessStates, AreAsTheyWereWhenTheyAreOpenedAgain) {
  WitnessCount count;
  {
    const auto state = open();
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(*(*state)->get(kCosigned, kLog), std::nullopt);
    put(**state, "one\n");
    put(**state, "two\n");
    count = *(*state)->count();
    EXPECT_EQ(count.rows, 2U);
  }
  const auto state = open();
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(**(*state)->get(kCosigned, kLog), "two\n");
  EXPECT_EQ(*(*state)->get(WitnessTable::kContradictions, kLog), std::nullopt);
  EXPECT_EQ(*(*state)->count(), count);
  EXPECT_EQ(*(*state)->logs_in(kCosigned, 5), std::vector{kLog});
}

TEST_F(WitnessStates, HaveNothingOfARoundThatWasNotCommitted) {
  const auto state = open();
  put(**state, "one\n");
  const WitnessCount count = *(*state)->count();
  {
    auto round = (*state)->begin();
    ASSERT_TRUE(round->put(kCosigned, kLog, "two\n"));
    EXPECT_EQ(**round->get(kCosigned, kLog), "two\n") << "the round itself sees it";
  }
  EXPECT_EQ(**(*state)->get(kCosigned, kLog), "one\n");
  EXPECT_EQ(*(*state)->count(), count);
}

TEST_F(WitnessStates, AreOfOneKey) {
  ASSERT_TRUE(open());
  const auto other = open("w+2+B");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kInvalid);
}

TEST_F(WitnessStates, CountByAChainThatDependsOnEveryRow) {
  const auto chain_of = [](const std::string& first, const std::string& second) {
    const env::TemporaryDirectory place;
    const auto there = *env::open_posix(place.path());
    const auto state = *WitnessState::open(*there, "w+1+A");
    put(*state, first);
    put(*state, second);
    return state->count()->chain;
  };
  EXPECT_EQ(chain_of("a", "b"), chain_of("a", "b"));
  EXPECT_NE(chain_of("a", "b"), chain_of("b", "b"));
}

// A row says which table and which log it is of, and what it holds.
TEST(WitnessRow, IsCorruptWithAnyBitChangedOrInAnotherPlace) {
  const Buffer row = encode_witness_row(kCosigned, kLog, "text\n");
  EXPECT_EQ(*decode_witness_row(kCosigned, kLog, row), "text\n");
  EXPECT_FALSE(decode_witness_row(WitnessTable::kKeys, kLog, row));
  EXPECT_FALSE(decode_witness_row(kCosigned, Hash{}, row));
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    Buffer bad = row;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(decode_witness_row(kCosigned, kLog, bad)) << bit;
  }
  for (std::size_t cut = 0; cut < row.size(); ++cut)
    EXPECT_FALSE(decode_witness_row(kCosigned, kLog, Bytes(row).first(cut))) << cut;
}

// LMDB believes its file: a damaged one is refused before it is mapped.
TEST_F(WitnessStates, AreRefusedWithADamagedPageBeforeLmdbSeesThem) {
  put(**open(), std::string(9'000, 'x'));
  const std::string path = directory.path() + "/state/data.mdb";
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (const int page : {2, 3, 4, 5, 6}) {
      file.seekp(page * 4096 + 10);
      file.put('\x7f');
    }
  }
  const auto state = open();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Code::kCorrupt);
  EXPECT_NE(state.error().message.find("state/data.mdb, page "), std::string::npos)
      << state.error().message;
}

}  // namespace
}  // namespace varve::store
