// Tiles: the spelling of their paths, their widths, and trees read back out of them.
#include "ledger/merkle/tile.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/merkle/memory_tree.h"

namespace varve::merkle {
namespace {

TEST(TilePath, IsSpelledAsC2spSays) {
  EXPECT_EQ(tile_path({0, 0, 256}), "0/000");
  EXPECT_EQ(tile_path({0, 67, 1}), "0/067.p/1");
  EXPECT_EQ(tile_path({1, 999, 255}), "1/999.p/255");
  EXPECT_EQ(tile_path({2, 1000, 256}), "2/x001/000");
  EXPECT_EQ(tile_path({63, 1'234'067, 5}), "63/x001/x234/067.p/5");
  EXPECT_EQ(tile_path({0, ~std::uint64_t{0}, 256}), "0/x018/x446/x744/x073/x709/x551/615");
  EXPECT_EQ(bundle_path({0, 1'234'067, 5}), "x001/x234/067.p/5");
}

TEST(TilePath, ReadsBackAsItIsWritten) {
  std::vector<std::uint64_t> indexes{~std::uint64_t{0}, ~std::uint64_t{0} - 1};
  for (std::uint64_t i = 0; i < 2'100; ++i) indexes.push_back(i);
  for (std::uint64_t i = 1; i < 10'000'000'000'000'000'000U / 10; i *= 10)
    for (const std::uint64_t around : {i - 1, i, i + 1}) indexes.push_back(around);
  for (const std::uint64_t index : indexes)
    for (const std::uint32_t level : {0U, 7U, 63U})
      for (const std::uint32_t width : {1U, 9U, 10U, 255U, 256U}) {
        const TileId id{level, index, width};
        const auto tile = parse_tile_path(tile_path(id));
        ASSERT_TRUE(tile) << tile_path(id);
        ASSERT_EQ(*tile, id);
        ASSERT_EQ(*parse_bundle_path(bundle_path(id)), (TileId{0, index, width}));
      }
}

TEST(TilePath, IsRefusedInAnyOtherSpelling) {
  for (const char* path : {"",
                           "/",
                           "0",
                           "0/",
                           "0/0",
                           "0/00",
                           "0/0000",
                           "0/x000",
                           "0/x000/000",
                           "0/x000/x001/000",
                           "0/x001",
                           "0/x001/",
                           "0/x001/1",
                           "0/001/000",
                           "0/x001/x000",
                           "0/X001/000",
                           "0/000/",
                           "0/000.p",
                           "0/000.p/",
                           "0/000.p/0",
                           "0/000.p/256",
                           "0/000.p/257",
                           "0/000.p/01",
                           "0/000.p/1/",
                           "0/000.p/1.p/1",
                           "0/000.p/-1",
                           "0/000.p/+1",
                           "0/000.P/1",
                           "0/000.p1",
                           "00/000",
                           "-1/000",
                           "64/000",
                           "x/000",
                           "/000",
                           " 0/000",
                           "0/000 ",
                           "0/ 00",
                           "0/0x0",
                           "0/x018/x446/x744/x073/x709/x551/616",
                           "0/x999/x999/x999/x999/x999/x999/x999/999",
                           "0/../000",
                           "0//000",
                           "entries/000",
                           "0/-01",
                           "0/x-01/000",
                           "0/000\n"})
    EXPECT_EQ(parse_tile_path(path).error().code, Code::kInvalid) << path;
  EXPECT_FALSE(parse_bundle_path("0/000"));
}

/// What a level holds, counted one by one.
std::uint32_t counted_width(std::uint32_t level, std::uint64_t index, std::uint64_t n) {
  std::uint64_t hashes = n;
  for (std::uint32_t l = 0; l < level; ++l) hashes /= 256;
  std::uint32_t width = 0;
  while (width < 256 && index * 256 + width < hashes) ++width;
  return width;
}

TEST(TileWidth, IsWhatTheLevelHoldsForSizesUpTo70000) {
  for (std::uint64_t n = 0; n <= 70'000; n += (n < 600 || (n > 65'000 && n < 66'000)) ? 1 : 97)
    for (std::uint32_t level = 0; level < 4; ++level) {
      const std::uint64_t last = (n >> (8 * level)) / 256;
      for (std::uint64_t index = last == 0 ? 0 : last - 1; index <= last + 1; ++index)
        ASSERT_EQ(tile_width(level, index, TreeSize{n}), counted_width(level, index, n))
            << level << "/" << index << " of " << n;
    }
}

TEST(TileWidth, IsNothingPastTheTreeAtAnyLevel) {
  const TreeSize largest{~std::uint64_t{0}};
  EXPECT_EQ(tile_width(0, ~std::uint64_t{0}, largest), 0U);
  EXPECT_EQ(tile_width(0, ~std::uint64_t{0} / 256, largest), 255U);
  EXPECT_EQ(tile_width(7, 0, largest), 255U);
  EXPECT_EQ(tile_width(8, 0, largest), 0U);
  EXPECT_EQ(tile_width(63, 0, largest), 0U);
  EXPECT_EQ(tile_width(0, 0, TreeSize{0}), 0U);
}

/// The tiles of a tree, cut from its hashes when asked for. Counts what it was asked.
class MemoryTiles final : public TileSource {
 public:
  explicit MemoryTiles(const MemoryTree& tree) : tree_(tree) {}

  [[nodiscard]] Result<Buffer> tile(const TileId& id) const override {
    ++asked[id];
    Buffer out;
    for (std::uint32_t i = 0; i < id.width; ++i) {
      const auto hash = tree_.node({id.level * kTileHeight, id.index * kTileWidth + i});
      if (!hash) return hash.error();
      append(out, hash->view());
    }
    if (cut) out.pop_back();
    return out;
  }

  mutable std::map<TileId, int> asked;
  bool cut = false;

 private:
  const MemoryTree& tree_;
};

TEST(TileHashReader, GivesEveryNodeOfTheTreeAndNoOther) {
  const MemoryTree tree(70'000);
  const MemoryTiles tiles(tree);
  std::mt19937_64 random(7);  // NOLINT: the same sample every time
  for (const std::uint64_t n : {1U, 2U, 255U, 256U, 257U, 511U, 600U, 65'536U, 65'537U, 70'000U}) {
    const TileHashReader reader(TreeSize{n}, tiles);
    for (std::uint32_t height = 0; height < 18; ++height) {
      const std::uint64_t whole = n >> height;
      for (int sample = 0; sample < 40; ++sample) {
        const std::uint64_t index =
            sample < 2 ? whole - 1 + static_cast<std::uint64_t>(sample) : random() % (whole + 2);
        if (index == ~std::uint64_t{0}) continue;
        const auto hash = reader.node({height, index});
        ASSERT_EQ(hash.has_value(), index < whole) << height << " " << index << " of " << n;
        if (index < whole) {
          ASSERT_EQ(*hash, *tree.node({height, index}));
        } else {
          ASSERT_EQ(hash.error().code, Code::kNotFound);
        }
      }
    }
  }
}

TEST(TileHashReader, ProvesEverythingThatTheTreeItselfProves) {
  const MemoryTree tree(700);
  const MemoryTiles tiles(tree);
  for (std::uint64_t n = 1; n <= 700; n += 23) {
    const TileHashReader reader(TreeSize{n}, tiles);
    EXPECT_EQ(*tree_root(TreeSize{n}, reader), *tree_root(TreeSize{n}, tree));
    for (std::uint64_t i = 0; i < n; i += 11) {
      EXPECT_EQ(*prove_inclusion(LeafIndex{i}, TreeSize{n}, reader),
                *prove_inclusion(LeafIndex{i}, TreeSize{n}, tree));
      EXPECT_EQ(*prove_consistency(TreeSize{i}, TreeSize{n}, reader),
                *prove_consistency(TreeSize{i}, TreeSize{n}, tree));
      EXPECT_EQ(*prove_range(LeafIndex{i}, (n - i + 1) / 2, TreeSize{n}, reader),
                *prove_range(LeafIndex{i}, (n - i + 1) / 2, TreeSize{n}, tree));
    }
  }
}

// A server keeps a partial tile only for sizes that were checkpoints.
TEST(TileHashReader, AsksForPartialTilesOfExactlyTheWidthOfItsSize) {
  const MemoryTree tree(700);
  const MemoryTiles tiles(tree);
  const TileHashReader reader(TreeSize{600}, tiles);
  for (std::uint64_t i = 0; i < 600; ++i) ASSERT_TRUE(reader.node({0, i}));
  for (std::uint64_t i = 0; i < 2; ++i) ASSERT_TRUE(reader.node({8, i}));
  const std::map<TileId, int> expected{
      {{0, 0, 256}, 256}, {{0, 1, 256}, 256}, {{0, 2, 88}, 88}, {{1, 0, 2}, 2}};
  EXPECT_EQ(tiles.asked, expected);
}

TEST(TileHashReader, RefusesATileOfAnotherLength) {
  const MemoryTree tree(300);
  MemoryTiles tiles(tree);
  tiles.cut = true;
  EXPECT_EQ(TileHashReader(TreeSize{300}, tiles).node({0, 0}).error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace varve::merkle
