// One history or two: every pair of sizes of every pair of small histories that part somewhere, and what a
// file that shows two is worth where somebody changed it or made it up.
#include "ledger/verify/contradictions.h"

#include <gtest/gtest.h>

#include "ledger/format/gap_certificate.h"
#include "ledger/format/proof_file.h"
#include "log_builder.h"

namespace varve::verify {
namespace {

constexpr std::size_t kRecords = 9;

/// A log of `kRecords` records whose records from `parts_at` on are another history's.
LogBuilder history(std::size_t parts_at) {
  LogBuilder log;
  for (std::size_t i = 1; i < kRecords; ++i)
    log.event(format::kLogItself, i - 1, i < parts_at ? "the same" : "another");
  return log;
}

format::SignedCheckpoint checkpoint(const LogBuilder& log, std::size_t size) {
  const std::string note = log.checkpoint(size);
  const auto opened = format::open_checkpoint(note, log.origin, std::vector{log.first.verifier});
  return {*opened, note};
}

Trust trust_in(const LogBuilder& log) {
  return {log.origin, log.first.verifier, {}, {}};
}

TEST(Contradiction, IsFoundForExactlyThoseTreesThatAreOfTwoHistories) {
  const LogBuilder one = history(kRecords);
  std::size_t found_in_all = 0;
  for (std::size_t parts_at = 1; parts_at < kRecords; ++parts_at) {
    const LogBuilder other = history(parts_at);
    for (std::size_t m = 1; m <= kRecords; ++m)
      for (std::size_t n = m; n <= kRecords; ++n) {
        const LeafReader hashes(other, n);
        const auto found = contradiction_of(checkpoint(one, m), checkpoint(other, n), hashes);
        ASSERT_TRUE(found) << m << " " << n << ": " << found.error().message;
        ASSERT_EQ(found->has_value(), m > parts_at)
            << m << " of " << n << ", parts at " << parts_at;
        if (!*found) continue;
        ++found_in_all;
        const std::string file = format::format_contradiction(**found);
        const auto proven = verify_contradiction(file, trust_in(one));
        ASSERT_TRUE(proven) << proven.error().message;
        EXPECT_EQ(proven->older.checkpoint.size.value, m);
        EXPECT_EQ(proven->newer.checkpoint.size.value, n);
      }
  }
  EXPECT_EQ(found_in_all, 120U);
}

TEST(Contradiction, IsFoundOfTheEmptyTreeOnlyWhereItsRootIsNoEmptyTrees) {
  const LogBuilder log = history(kRecords);
  const LeafReader hashes(log, kRecords);
  const auto found = contradiction_of(checkpoint(log, 0), checkpoint(log, kRecords), hashes);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(*found);
  format::SignedCheckpoint wrong = checkpoint(log, 0);
  wrong.checkpoint.root = checkpoint(log, 1).checkpoint.root;
  EXPECT_TRUE(*contradiction_of(wrong, checkpoint(log, kRecords), hashes));
}

TEST(Contradiction, NeedsTheHashesOfTheNewerTree) {
  const LogBuilder one = history(kRecords);
  const LogBuilder other = history(2);
  const auto found = contradiction_of(checkpoint(one, 5), checkpoint(other, 8), LeafReader(one, 8));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kCorrupt);
}

// Of one history nobody can make a file that shows two, whichever root and hashes of it they name.
TEST(Contradiction, CannotBeMadeUpOfOneHistory) {
  const LogBuilder log = history(kRecords);
  const std::vector<Hash> leaves = leaves_of(log, kRecords);
  std::vector<Hash> roots{Hash{}};
  for (std::size_t n = 0; n <= kRecords; ++n) roots.push_back(checkpoint(log, n).checkpoint.root);
  roots.insert(roots.end(), leaves.begin(), leaves.end());
  for (std::size_t m = 0; m <= kRecords; ++m)
    for (std::size_t n = m; n <= kRecords; ++n) {
      const auto proof =
          merkle::prove_consistency(TreeSize{m}, TreeSize{n}, LeafReader(log, kRecords));
      for (const Hash& root : roots)
        for (const merkle::Proof& hashes : {*proof, merkle::Proof{}}) {
          const format::Contradiction made{root, hashes, log.checkpoint(m), log.checkpoint(n)};
          EXPECT_FALSE(verify_contradiction(format::format_contradiction(made), trust_in(log)))
              << m << " " << n;
        }
    }
}

TEST(Contradiction, HoldsForItsOwnBytesAlone) {
  const LogBuilder one = history(kRecords);
  const LogBuilder other = history(3);
  const auto found =
      contradiction_of(checkpoint(one, 6), checkpoint(other, 9), LeafReader(other, 9));
  const std::string file = format::format_contradiction(**found);
  for (std::size_t i = 0; i < file.size(); ++i)
    for (const char bit : {'\x01', '\x20'}) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      EXPECT_FALSE(verify_contradiction(changed, trust_in(one))) << "byte " << i;
    }
  for (std::size_t i = 0; i < file.size(); ++i)
    EXPECT_FALSE(verify_contradiction(file.substr(0, i), trust_in(one))) << "cut at " << i;
}

TEST(Contradiction, IsOfOneLogAndInTheOrderOfSizes) {
  const LogBuilder one = history(kRecords);
  const LogBuilder other = history(3);
  const auto found =
      contradiction_of(checkpoint(one, 6), checkpoint(other, 9), LeafReader(other, 9));
  format::Contradiction turned = **found;
  std::swap(turned.older, turned.newer);
  const auto wrong = verify_contradiction(format::format_contradiction(turned), trust_in(one));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kInvalid);
  const LogBuilder elsewhere("audit.example.org/elsewhere");
  const auto foreign =
      verify_contradiction(format::format_contradiction(**found), trust_in(elsewhere));
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().code, Code::kCorrupt) << "sound, but of another log";
}

TEST(CheckpointIn, IsFoundInWhateverPeopleKeep) {
  const LogBuilder log = history(kRecords);
  const std::string note = log.checkpoint(4);
  EXPECT_EQ(*checkpoint_in(note), note);
  const format::ProofFile proof{log.records[0], LeafIndex{0}, merkle::Proof(2), note};
  EXPECT_EQ(*checkpoint_in(format::format_proof_file(proof)), note);
  EXPECT_EQ(*checkpoint_in(format::format_gap_certificate({"ward", {}, {}, {}, note})), note);
  for (const std::string_view other : {"", "{}", "c2sp.org/tlog-proof@v1\n", "varve"})
    EXPECT_FALSE(checkpoint_in(other)) << other;
}

}  // namespace
}  // namespace varve::verify
