// A tree over any hash function is RFC 6962's tree: under SHA-256 it is the one that logs have.
#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "ledger/merkle/generic_tree.h"
#include "memory_tree.h"

namespace varve::merkle {
namespace {

TEST(HashFunctions, AreTheStandardsOnes) {  // FIPS 180-4 and FIPS 202, of "abc"
  const HashFunction* const sha2 = find_renewing_function("sha512-256");
  const HashFunction* const sha3 = find_renewing_function("sha3-256");
  ASSERT_TRUE(sha2 != nullptr && sha3 != nullptr);
  EXPECT_EQ(hex(sha2->of({bytes_of("a"), bytes_of("bc")}).view()),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  EXPECT_EQ(hex(sha3->of({bytes_of("abc")}).view()),
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
  EXPECT_EQ(find_renewing_function("sha256"), nullptr) << "that is what is renewed";
  EXPECT_EQ(find_renewing_function(""), nullptr);
}

TEST(GenericTree, IsTheLogsTreeUnderSha256) {
  const HashFunction& sha256 = sha256_function();
  EXPECT_EQ(GenericTree(sha256).root(), empty_root());
  EXPECT_EQ(sha256.leaf(bytes_of("x")), leaf_hash(bytes_of("x")));
  GenericTree tree(sha256);
  const MemoryTree all(300);
  for (std::uint64_t n = 1; n <= 300; ++n) {
    tree.append(all.leaves[n - 1]);
    ASSERT_EQ(tree.root(), root_of(all.first(n))) << n;
  }
}

TEST(GenericTree, ProvesEveryRangeAsTheLogDoes) {
  constexpr std::uint64_t kMost = 20;
  const HashFunction& sha256 = sha256_function();
  const HashFunction& other = *find_renewing_function("sha3-256");
  const MemoryTree tree(kMost);
  for (std::uint64_t n = 1; n <= kMost; ++n)
    for (std::uint64_t first = 0; first < n; ++first)
      for (std::uint64_t count = 1; count <= n - first; ++count) {
        SCOPED_TRACE(std::to_string(first) + "+" + std::to_string(count) + " of " +
                     std::to_string(n));
        RangeProver standard(sha256, LeafIndex{first}, count, TreeSize{n});
        RangeProver renewed(other, LeafIndex{first}, count, TreeSize{n});
        GenericTree root(other);
        for (const Hash& leaf : tree.first(n)) {
          standard.append(leaf);
          renewed.append(leaf);
          root.append(leaf);
        }
        ASSERT_EQ(standard.proof(), *prove_range(LeafIndex{first}, count, TreeSize{n}, tree));
        const auto range = tree.first(n).subspan(first, count);
        const auto verifies = [&](const HashFunction& function, const Proof& proof) {
          return verify_range(function, range, LeafIndex{first}, TreeSize{n}, proof, root.root())
              .has_value();
        };
        ASSERT_TRUE(verifies(other, renewed.proof()));
        Proof changed = renewed.proof();
        changed.push_back(root.root());
        ASSERT_FALSE(verifies(other, changed));
        for (std::size_t k = 0; k + 1 < changed.size(); ++k) {
          Proof wrong = renewed.proof();
          wrong[k].bytes[0] ^= std::byte{1};
          ASSERT_FALSE(verifies(other, wrong));
        }
        ASSERT_EQ(verifies(sha256, standard.proof()), n == 1)
            << "the root is of the other function";
      }
}

}  // namespace
}  // namespace varve::merkle
