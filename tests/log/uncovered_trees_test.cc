// The trees that a replay keeps for checkpoints to come, when none will come.
#include "ledger/recovery/uncovered_trees.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

// A restore has millions of frames and no checkpoint between them: none of their trees may be kept.
TEST(UncoveredTrees, ThatWereForgottenAreNotKept) {
  merkle::Frontier tree;
  recovery::UncoveredTrees uncovered(tree);
  std::vector<format::Checkpoint> checkpoints{{"log", tree.size(), tree.root()}};
  for (const char* leaf : {"a", "b"}) {
    tree.append(merkle::leaf_hash(bytes_of(leaf)));
    uncovered.add(tree);
    checkpoints.push_back({"log", tree.size(), tree.root()});
  }
  uncovered.forget();
  for (const format::Checkpoint& checkpoint : checkpoints)
    EXPECT_FALSE(uncovered.cover(checkpoint)) << checkpoint.size.value;
  tree.append(merkle::leaf_hash(bytes_of("c")));
  uncovered.add(tree);
  EXPECT_TRUE(uncovered.cover({"log", tree.size(), tree.root()})) << "what comes later is";
}

}  // namespace
}  // namespace varve
