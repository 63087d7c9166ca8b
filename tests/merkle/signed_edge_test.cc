// Proofs below a signed edge are those of the recursive definition, and no stored hash that was
// altered ever gets into one.
#include "ledger/merkle/signed_edge.h"

#include <gtest/gtest.h>

#include "tests/merkle/memory_tree.h"

namespace varve::merkle {
namespace {

/// The kept heights of a tree in memory; counts what is read, and alters one hash.
class StoredRows final : public RowReader {
 public:
  explicit StoredRows(const MemoryTree& tree) : tree_(tree) {}

  [[nodiscard]] Result<void> row(NodeId first, std::span<Hash> out) const override {
    ++reads;
    EXPECT_EQ(first.height % kRowHeight, 0u);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const NodeId id{first.height, first.index + i};
      ASSIGN_OR_RETURN(out[i], tree_.node(id));
      if (id == altered) out[i].bytes[7] ^= std::byte{0x20};
    }
    return {};
  }

  NodeId altered{63, 0};
  mutable int reads = 0;

 private:
  const MemoryTree& tree_;
};

class NoCache final : public RowCache {
 public:
  bool find(SmallTree&) override { return false; }
  void keep(const SmallTree&) override {}
};

/// Keeps everything.
class FullCache final : public RowCache {
 public:
  bool find(SmallTree& tree) override {
    const auto found = kept_.find(tree.root());
    if (found == kept_.end()) return false;
    tree = found->second;
    return true;
  }
  void keep(const SmallTree& tree) override { kept_.insert_or_assign(tree.root(), tree); }

 private:
  std::map<NodeId, SmallTree> kept_;
};

SignedTree signed_tree(const MemoryTree& tree, std::uint64_t size) {
  return {TreeSize{size}, root_of(tree.first(size))};
}

/// prove_inclusion() itself is held to the definition in proof_test.cc.
TEST(SignedEdge, ProvesEachLeafOfEachTreeAsFromSingleHashes) {
  const MemoryTree tree(300);
  const StoredRows rows(tree);
  NoCache none;
  for (std::uint64_t n = 0; n <= 300; ++n) {
    const auto edge = SignedEdge::load(signed_tree(tree, n), rows);
    ASSERT_TRUE(edge) << n;
    EXPECT_EQ(edge->size(), TreeSize{n});
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto proven = edge->inclusion({i}, rows, none);
      ASSERT_TRUE(proven) << n << " " << i;
      ASSERT_EQ(proven->leaf, tree.leaves[i]) << n << " " << i;
      ASSERT_EQ(proven->proof, *prove_inclusion({i}, {n}, tree)) << n << " " << i;
    }
    EXPECT_EQ(edge->inclusion({n}, rows, none).error().code, Code::kInvalid);
  }
}

TEST(SignedEdge, ReadsARowForEachFourLevelsAndNoneThatIsInTheCache) {
  const MemoryTree tree(4'500);  // peaks of 4,096, 256, 128, 16 and 4
  const StoredRows rows(tree);
  const auto edge = SignedEdge::load(signed_tree(tree, 4'500), rows);
  ASSERT_TRUE(edge);
  FullCache cache;
  rows.reads = 0;
  ASSERT_TRUE(edge->inclusion({1'000}, rows, cache));
  EXPECT_EQ(rows.reads, 3);
  ASSERT_TRUE(edge->inclusion({1'000}, rows, cache));
  EXPECT_EQ(rows.reads, 3);
  const auto neighbour = edge->inclusion({1'000 ^ 16}, rows, cache);  // another row of leaves
  ASSERT_TRUE(neighbour);
  EXPECT_EQ(rows.reads, 4);
  EXPECT_EQ(neighbour->proof, reference::path(1'000 ^ 16, tree.first(4'500)));
}

TEST(SignedEdge, RefusesARootThatTheHashesDoNotLeadTo) {
  const MemoryTree tree(77);
  const StoredRows rows(tree);
  for (std::uint64_t n = 0; n <= 77; ++n) {
    SignedTree claimed = signed_tree(tree, n);
    claimed.root.bytes[31] ^= std::byte{1};
    EXPECT_EQ(SignedEdge::load(claimed, rows).error().code, Code::kCorrupt) << n;
  }
}

/// Each stored hash in turn is altered, after the edge was loaded and before; each leaf is asked
/// for.
TEST(SignedEdge, NeverProvesWithAHashThatWasAltered) {
  const MemoryTree tree(333);
  const SignedTree claimed = signed_tree(tree, 333);
  const StoredRows good(tree);
  const auto edge = SignedEdge::load(claimed, good);
  ASSERT_TRUE(edge);
  int refused = 0;
  for (const auto& [id, hash] : tree.nodes) {
    if (id.height % kRowHeight != 0) continue;
    StoredRows rows(tree);
    rows.altered = id;
    const auto late = SignedEdge::load(claimed, rows);
    if (!late) {
      EXPECT_EQ(late.error().code, Code::kCorrupt);
    }
    FullCache cache;
    bool met = !late;
    for (std::uint64_t i = 0; i < 333; ++i) {
      const auto proven = edge->inclusion({i}, rows, cache);
      if (proven) {
        ASSERT_EQ(proven->leaf, tree.leaves[i]);
        ASSERT_TRUE(verify_inclusion(tree.leaves[i], {i}, {333}, proven->proof, claimed.root));
      } else {
        EXPECT_EQ(proven.error().code, Code::kCorrupt);
        met = true;
        ++refused;
      }
    }
    EXPECT_TRUE(met) << id.height << " " << id.index;
  }
  EXPECT_GT(refused, 333);
}

}  // namespace
}  // namespace varve::merkle
