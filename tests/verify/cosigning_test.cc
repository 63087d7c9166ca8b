// What a witness makes of each request of two histories that part somewhere: all sizes, all old sizes, both
// histories, against what the trees themselves say.
#include "ledger/verify/cosigning.h"

#include <gtest/gtest.h>

#include <bit>

#include "ledger/verify/contradictions.h"
#include "log_builder.h"

namespace varve::verify {
namespace {

constexpr std::size_t kEntries = 8;
constexpr std::size_t kPartsAt = 5;  // the trees of more records differ

LogBuilder entries(bool other) {
  LogBuilder log;
  for (std::size_t i = 1; i < kEntries; ++i)
    log.event(format::kLogItself, i - 1, other && i >= kPartsAt ? "another" : "the same");
  return log;
}

format::SignedCheckpoint tree_of(const LogBuilder& log, std::size_t size) {
  const std::string note = log.checkpoint(size);
  return {*format::open_checkpoint(note, log.origin, std::vector{log.first.verifier}), note};
}

format::AddCheckpoint asked(const LogBuilder& log, std::size_t old, std::size_t size) {
  const LeafReader hashes(log, size);
  merkle::Proof proof;
  if (old != 0) proof = *merkle::prove_consistency(TreeSize{old}, TreeSize{size}, hashes);
  return {TreeSize{old}, std::move(proof), log.checkpoint(size)};
}

/// The root of its first records.
Hash beginning(const LogBuilder& log, std::size_t size) {
  return *merkle::tree_root(TreeSize{size}, LeafReader(log, size));
}

TEST(Cosigning, IsOfOneHistoryOnlyAndTwoAreEvidenceWhereTheRequestShowsThem) {
  const LogBuilder logs[] = {entries(false), entries(true)};
  const Trust trust{logs[0].origin, logs[0].first.verifier, {}, {}};
  std::size_t evidence = 0;
  for (std::size_t kept = 1; kept <= kEntries; ++kept)
    for (const LogBuilder& log : logs)
      for (std::size_t size = 1; size <= kEntries; ++size)
        for (std::size_t old = 0; old <= size; ++old) {
          SCOPED_TRACE(testing::Message() << kept << " " << old << " " << size);
          const auto before = tree_of(logs[0], kept);
          const auto now = tree_of(log, size);
          const auto judged = judge_cosigning(before, asked(log, old, size), now);
          const auto told =
              judge_cosigning(before, asked(log, old, size), now, beginning(log, kept));
          const bool two = &log == &logs[1] && kept > kPartsAt;  // of `kept` records
          const auto expected = old != kept ? CosigningVerdict::kConflict
                                : two       ? CosigningVerdict::kNotProven
                                            : CosigningVerdict::kCosign;
          EXPECT_EQ(judged.verdict, expected);
          const bool shows =
              two && (size == kept || (old == kept && size > kept && !std::has_single_bit(kept)));
          ASSERT_EQ(judged.contradiction.has_value(), shows);
          EXPECT_EQ(told.verdict, expected);
          const bool is_told = two && (size == kept || (old == kept && size > kept));
          ASSERT_EQ(told.contradiction.has_value(), is_told) << "also at a power of two";
          if (is_told) {
            EXPECT_TRUE(verify_contradiction(format_contradiction(*told.contradiction), trust));
          }
          if (!shows) continue;
          ++evidence;
          const auto proven =
              verify_contradiction(format_contradiction(*judged.contradiction), trust);
          EXPECT_TRUE(proven) << proven.error().message;
        }
  EXPECT_GT(evidence, 10U);
}

// Everybody can send an honest log's checkpoint with a proof of his own: that says nothing of the log.
TEST(Cosigning, OfAnHonestTreeWithAFalseProofIsNoEvidence) {
  const LogBuilder log = entries(false);
  for (std::size_t kept = 1; kept < kEntries; ++kept)
    for (std::size_t size = kept; size <= kEntries; ++size) {
      const auto request = asked(log, kept, size);
      std::vector<merkle::Proof> proofs{request.proof, request.proof};
      proofs[0].push_back(Hash{});
      if (!request.proof.empty()) proofs[1].pop_back();
      for (std::size_t i = 0; i < request.proof.size(); ++i) {
        proofs.push_back(request.proof);
        proofs.back()[i].bytes[7] ^= std::byte{1};
      }
      for (const merkle::Proof& proof : proofs) {
        if (proof == request.proof) continue;
        const auto judged = judge_cosigning(tree_of(log, kept), {request.old, proof, request.note},
                                            tree_of(log, size));
        EXPECT_EQ(judged.verdict, CosigningVerdict::kNotProven);
        EXPECT_FALSE(judged.contradiction);
      }
    }
}

TEST(Cosigning, OfTheFirstTreeNeedsNoProofAndTakesNone) {
  const LogBuilder log = entries(false);
  const auto now = tree_of(log, 3);
  EXPECT_EQ(judge_cosigning({}, {{}, {}, now.note}, now).verdict, CosigningVerdict::kCosign);
  EXPECT_EQ(judge_cosigning({}, {{}, {Hash{}}, now.note}, now).verdict,
            CosigningVerdict::kNotProven);
  EXPECT_EQ(judge_cosigning({}, {TreeSize{2}, {}, now.note}, now).verdict,
            CosigningVerdict::kConflict);
}

TEST(Cosigning, OfTheEmptyTreeIsOfItsOneRoot) {
  const format::Checkpoint empty{"log.example", {}, merkle::empty_root()};
  const format::Checkpoint false_one{"log.example", {}, Hash{}};
  EXPECT_EQ(judge_cosigning({}, {}, {empty, ""}).verdict, CosigningVerdict::kCosign);
  EXPECT_EQ(judge_cosigning({}, {}, {false_one, ""}).verdict, CosigningVerdict::kNotProven);
  const format::SignedCheckpoint kept{empty, ""};
  EXPECT_EQ(judge_cosigning(kept, {}, {empty, ""}).verdict, CosigningVerdict::kCosign);
  EXPECT_FALSE(judge_cosigning(kept, {}, {false_one, ""}).contradiction);
}

}  // namespace
}  // namespace varve::verify
