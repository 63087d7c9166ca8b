// The tree hash and the frontier, against RFC 6962 and against a naive reference.
#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "tests/merkle/memory_tree.h"

namespace varve::merkle {
namespace {

// The eight leaves that RFC 6962 implementations have shared since certificate transparency began.
TEST(Tree, HasTheKnownRootOverTheEightLeavesOfRfc6962) {
  Frontier frontier;
  for (const char* leaf : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                           "606162636465666768696a6b6c6d6e6f"})
    frontier.append(leaf_hash(*decode_hex(leaf)));
  EXPECT_EQ(hex(frontier.root().view()),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(Tree, HashesNothingToTheRootOfTheEmptyTree) {
  EXPECT_EQ(hex(Frontier{}.root().view()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(empty_root(), Frontier{}.root());
  EXPECT_EQ(empty_root(), root_of({}));
}

TEST(Frontier, HasTheReferenceRootAtEverySizeUpTo256) {
  MemoryTree tree(0);
  for (std::uint64_t n = 0; n <= 256; ++n) {
    SCOPED_TRACE(n);
    EXPECT_EQ(tree.frontier.root(), reference::root(tree.first(n)));
    EXPECT_EQ(root_of(tree.first(n)), reference::root(tree.first(n)));
    EXPECT_EQ(*tree_root(TreeSize{n}, tree), reference::root(tree.first(n)));
    EXPECT_EQ(tree.frontier.size(), TreeSize{n});
    tree.grow();
  }
}

TEST(Frontier, GoesOnAfterBeingLoadedAtEverySizeUpTo256) {
  const MemoryTree tree(257);
  for (std::uint64_t n = 0; n <= 256; ++n) {
    SCOPED_TRACE(n);
    auto frontier = Frontier::load(TreeSize{n}, tree);
    ASSERT_TRUE(frontier);
    EXPECT_EQ(frontier->root(), reference::root(tree.first(n)));
    frontier->append(tree.leaves[n]);
    EXPECT_EQ(frontier->root(), reference::root(tree.first(n + 1)));
  }
}

TEST(Frontier, IsNotLoadedFromHashesThatAreMissing) {
  const MemoryTree tree(8);
  EXPECT_EQ(Frontier::load(TreeSize{9}, tree).error().code, Code::kNotFound);
}

class Order final : public NodeSink {
 public:
  void completed(NodeId id, const Hash&) override { seen.push_back(id); }
  std::vector<NodeId> seen;
};

TEST(Frontier, ReportsEachSubtreeOnceTheMomentItIsComplete) {
  Order order;
  Frontier frontier;
  for (std::uint64_t i = 0; i < 4; ++i) frontier.append(Hash{}, &order);
  const std::vector<NodeId> expected{{0, 0}, {0, 1}, {1, 0}, {0, 2}, {0, 3}, {1, 1}, {2, 0}};
  EXPECT_EQ(order.seen, expected);
}

// Level by level or leaf by leaf: the same tree, the same subtrees, from every size by every number.
TEST(Frontier, GrowsByManyLeavesAsByOneAfterTheOther) {
  constexpr std::uint64_t kMost = 40;  // more than one row of lanes of parents
  const MemoryTree all(2 * kMost);
  for (std::uint64_t before = 0; before <= kMost; ++before) {
    for (std::uint64_t more = 0; more <= kMost; ++more) {
      MemoryTree tree(before);
      tree.frontier.append_all(std::span{all.leaves}.subspan(before, more), &tree);
      const MemoryTree expected(before + more);
      ASSERT_EQ(tree.frontier.complete(), expected.frontier.complete()) << before << " " << more;
      ASSERT_EQ(tree.frontier.size(), expected.frontier.size());
      ASSERT_EQ(tree.nodes, expected.nodes) << before << " " << more;
    }
  }
}

TEST(Frontier, ReportsTheReferenceHashOfEverySubtree) {
  const MemoryTree tree(256);
  EXPECT_EQ(tree.nodes.size(), 511U);
  for (const auto& [id, hash] : tree.nodes) {
    const std::uint64_t width = std::uint64_t{1} << id.height;
    EXPECT_EQ(hash, reference::root(std::span{tree.leaves}.subspan(id.index * width, width)));
  }
}

}  // namespace
}  // namespace varve::merkle
