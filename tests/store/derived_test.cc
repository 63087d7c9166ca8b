// The derived files: hash files that serve every node and tile, leaf lookups, the catalogue.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "ledger/env/posix.h"
#include "ledger/merkle/proof.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/catalogue_rows.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/hash_files.h"

namespace varve::store {
namespace {

class Derived : public ::testing::Test {
 protected:
  Derived() {
    CHECK(env::initialize().has_value());
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
  }
  ~Derived() override { std::filesystem::remove_all(directory_); }

  static Hash leaf(std::uint64_t i) { return merkle::leaf_hash(bytes_of(std::to_string(i))); }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
};

/// Every node the tree ever completed.
struct Remember final : merkle::NodeSink {
  void completed(merkle::NodeId id, const Hash& hash) override {
    nodes[id] = hash;
    if (files != nullptr) files->completed(id, hash);
  }
  std::map<merkle::NodeId, Hash> nodes;
  HashFiles* files = nullptr;
};

TEST_F(Derived, HashFilesGiveBackEveryNodeAlsoBetweenTheKeptHeights) {
  auto files = HashFiles::open(*files_);
  ASSERT_TRUE(files);
  Remember all;
  all.files = files->get();
  merkle::Frontier tree;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    tree.append(leaf(i), &all);
    if (i % 700 != 0) continue;
    ASSERT_TRUE((*files)->flush());
  }
  ASSERT_TRUE((*files)->flush());
  for (const auto& [id, hash] : all.nodes) {
    const auto read = (*files)->node(id);
    ASSERT_TRUE(read) << id.height << "/" << id.index;
    EXPECT_EQ(*read, hash) << id.height << "/" << id.index;
  }
  EXPECT_EQ(*merkle::tree_root(TreeSize{5'000}, **files), tree.root());
}

TEST_F(Derived, HashFilesGiveRowsOfTheHeightsThatAreKept) {
  auto files = HashFiles::open(*files_);
  ASSERT_TRUE(files);
  Remember all;
  all.files = files->get();
  merkle::Frontier tree;
  for (std::uint64_t i = 0; i < 1'000; ++i) tree.append(leaf(i), &all);
  ASSERT_TRUE((*files)->flush());
  std::array<Hash, merkle::kRowWidth> row;
  for (const std::uint32_t height : {0u, 4u})
    for (std::uint64_t index = 0; index < 48; index += merkle::kRowWidth) {
      ASSERT_TRUE((*files)->row({height, index}, row, env::Wait::kForTheDisk));
      for (std::size_t i = 0; i < row.size(); ++i)
        EXPECT_EQ(row[i], all.nodes.at({height, index + i}));
    }
  EXPECT_EQ((*files)->row({0, 992}, row, env::Wait::kForTheDisk).error().code, Code::kCorrupt);
  EXPECT_EQ((*files)->row({0, 992}, row, env::Wait::kForNothing).error().code, Code::kBusy);
  EXPECT_EQ((*files)->row({44, 0}, row, env::Wait::kForTheDisk).error().code, Code::kNotFound);
}

TEST_F(Derived, HashFilesServeEveryTileOfEverySize) {
  auto files = HashFiles::open(*files_);
  Remember all;
  all.files = files->get();
  merkle::Frontier tree;
  for (std::uint64_t i = 0; i < 70'000; ++i) tree.append(leaf(i), &all);
  ASSERT_TRUE((*files)->flush());
  for (std::uint32_t level = 0; level < 3; ++level)
    for (std::uint64_t index = 0;; ++index) {
      const std::uint32_t width = merkle::tile_width(level, index, TreeSize{70'000});
      if (width == 0) break;
      const auto tile = (*files)->tile({level, index, width}, env::Wait::kForTheDisk);
      ASSERT_TRUE(tile);
      for (std::uint32_t k = 0; k < width; ++k) {
        const Hash& expected = all.nodes.at({level * 8, index * 256 + k});
        ASSERT_TRUE(
            std::ranges::equal(Bytes{*tile}.subspan(k * kHashSize, kHashSize), expected.view()));
      }
    }
}

TEST_F(Derived, HashFilesAreCutToAnySizeAndGrowAgainToTheSameBytes) {
  auto files = HashFiles::open(*files_);
  merkle::Frontier tree;
  for (std::uint64_t i = 0; i < 600; ++i) tree.append(leaf(i), files->get());
  ASSERT_TRUE((*files)->flush());
  const Buffer before = *(*files)->leaves(LeafIndex{0}, 600);
  for (std::uint64_t cut = 600; cut-- > 0;) {
    ASSERT_TRUE((*files)->cut_to(TreeSize{cut}));
    auto again = merkle::Frontier::load(TreeSize{cut}, **files);
    ASSERT_TRUE(again);
    for (std::uint64_t i = cut; i < 600; ++i) again->append(leaf(i), files->get());
    ASSERT_TRUE((*files)->flush());
    EXPECT_EQ(again->root(), tree.root());
  }
  EXPECT_EQ(*(*files)->leaves(LeafIndex{0}, 600), before);
  EXPECT_EQ((*files)->cut_to(TreeSize{601}).error().code, Code::kCorrupt);
}

SegmentFacts facts_of(std::uint64_t ordinal, std::uint64_t first, std::uint64_t end) {
  SegmentFacts facts;
  facts.row = {ordinal, LeafIndex{first}, LeafIndex{end}};
  facts.checkpoints = {{end, ByteOffset{500 + ordinal}}};
  return facts;
}

TEST_F(Derived, CatalogueKnowsWhatItWasToldAlsoAfterReopening) {
  CataloguePosition position;
  {
    auto catalogue = Catalogue::open(*files_);
    ASSERT_TRUE(catalogue) << catalogue.error().message;
    EXPECT_EQ(*(*catalogue)->position(), CataloguePosition{});
    for (std::uint64_t k = 0; k < 5; ++k) {
      position = {k + 1, TreeSize{(k + 1) * 10}, merkle::empty_root(), Hash{}};
      ASSERT_TRUE((*catalogue)
                      ->record_segment(facts_of(k, k * 10, k * 10 + 10), position,
                                       bytes_of("state " + std::to_string(k))));
    }
  }
  auto catalogue = Catalogue::open(*files_);
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(*(*catalogue)->position(), position);
  EXPECT_EQ(text_of(*(*catalogue)->state()), "state 4");
  for (std::uint64_t i = 0; i < 50; ++i)
    EXPECT_EQ((*catalogue)->segment_of(LeafIndex{i})->ordinal, i / 10);
  EXPECT_EQ((*catalogue)->segment_of(LeafIndex{50}).error().code, Code::kNotFound);
  for (std::uint64_t n = 1; n <= 50; ++n)
    EXPECT_EQ((*catalogue)->checkpoint_at(TreeSize{n})->size.value, (n + 9) / 10 * 10);
  EXPECT_EQ((*catalogue)->checkpoint_at(TreeSize{51}).error().code, Code::kNotFound);
  EXPECT_EQ((*catalogue)->last_checkpoint()->size, TreeSize{50});
}

// It holds a few rows a segment, so it is small; whatever it has to hold, its map grows with it.
TEST_F(Derived, CatalogueGrowsBeyondAnyMapItBeganWith) {
  auto catalogue = Catalogue::open(*files_);
  ASSERT_TRUE(catalogue);
  const Buffer state(30u << 20, std::byte{7});
  for (std::uint64_t k = 0; k < 3; ++k) {
    const CataloguePosition position{k + 1, TreeSize{(k + 1) * 10}, merkle::empty_root(), Hash{}};
    const auto recorded =
        (*catalogue)->record_segment(facts_of(k, k * 10, k * 10 + 10), position, state);
    ASSERT_TRUE(recorded) << recorded.error().message;
  }
  EXPECT_EQ(*(*catalogue)->state(), state);
  catalogue->reset();
  catalogue = Catalogue::open(*files_);
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  EXPECT_EQ(*(*catalogue)->state(), state);
}

// LMDB has no checksums of its own.
TEST_F(Derived, CatalogueRefusesARowOfWhichAnyBitRotted) {
  {
    auto catalogue = Catalogue::open(*files_);
    ASSERT_TRUE(catalogue);
    ASSERT_TRUE(
        (*catalogue)
            ->record_segment(facts_of(0, 0, 10), {1, TreeSize{10}, {}, {}}, bytes_of("state")));
    ASSERT_TRUE((*catalogue)->segment(0));
  }
  const std::string path = files_->system_path("catalogue/data.mdb");
  std::ifstream file(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  const Buffer row =
      with_check("ordinals", key_of(0), encode_row(SegmentRow{0, LeafIndex{0}, LeafIndex{10}}));
  const std::size_t at = whole.find(text_of(row));
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(whole.find(text_of(row), at + 1), std::string::npos);
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string rotten = whole;
    rotten[at + i] = static_cast<char>(rotten[at + i] ^ 4);
    std::ofstream(path, std::ios::binary) << rotten;
    auto catalogue = Catalogue::open(*files_);
    ASSERT_TRUE(catalogue);
    EXPECT_EQ((*catalogue)->segment(0).error().code, Code::kCorrupt) << "byte " << i;
    EXPECT_EQ((*catalogue)->last_checkpoint()->size, TreeSize{10}) << "the others are good";
  }
}

TEST(CatalogueRows, AreBoundToTheirTableAndKey) {
  const Buffer row = to_buffer(bytes_of("row"));
  const Buffer stored = with_check("batches", bytes_of("key"), row);
  EXPECT_EQ(to_buffer(*checked_row("batches", bytes_of("key"), stored)), row);
  EXPECT_FALSE(checked_row("requests", bytes_of("key"), stored));
  EXPECT_FALSE(checked_row("batches", bytes_of("kez"), stored));
  for (std::size_t size = 0; size < stored.size(); ++size)
    EXPECT_FALSE(checked_row("batches", bytes_of("key"), Bytes{stored}.first(size))) << size;
}

}  // namespace
}  // namespace varve::store
