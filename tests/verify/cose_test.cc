// COSE receipts as whoever has a log's vkey reads them: true of every record and every pair of trees, and of nothing
// else.
#include "ledger/verify/cose.h"

#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/verify/open_keys.h"
#include "tests/format/test_keys.h"
#include "tests/merkle/memory_tree.h"

namespace varve::verify {
namespace {

using format::TestKey;

const char* const kCoseOrigin = "log.example/cose";

std::string leaf_text(std::uint64_t index) {
  return "leaf " + std::to_string(index);
}

/// A log of "leaf 0", "leaf 1" ..., whose key signs.
struct CoseLog {
  TestKey key = TestKey::ed25519(kCoseOrigin, 41);
  merkle::MemoryTree tree{33};

  [[nodiscard]] Trust trust() const { return {kCoseOrigin, key.verifier(), {}, {}}; }
  [[nodiscard]] format::Checkpoint checkpoint(std::uint64_t size) const {
    return {kCoseOrigin, TreeSize{size}, *merkle::tree_root(TreeSize{size}, tree)};
  }
  [[nodiscard]] std::string note(std::uint64_t size) const {
    return format::signed_note(format::checkpoint_text(checkpoint(size)), {&key});
  }
  [[nodiscard]] format::SignedRoot root(const format::Checkpoint& of) const {
    const Buffer signature = key.sign(format::cose_signed_bytes(key.verifier(), of));
    return *format::make_signed_root(of, key.verifier(), signature);
  }
  [[nodiscard]] Buffer inclusion(std::uint64_t index, std::uint64_t size) const {
    const auto proof = *merkle::prove_inclusion(LeafIndex{index}, TreeSize{size}, tree);
    return format::inclusion_receipt(root(checkpoint(size)), LeafIndex{index}, proof);
  }
  [[nodiscard]] Buffer consistency(std::uint64_t from, std::uint64_t size) const {
    const auto proof = *merkle::prove_consistency(TreeSize{from}, TreeSize{size}, tree);
    return format::consistency_receipt(root(checkpoint(size)), TreeSize{from}, proof);
  }
  [[nodiscard]] auto verified(const Buffer& receipt, const std::string& record) const {
    return verify_cose_receipt(receipt, trust(), bytes_of(record), std::nullopt);
  }
  [[nodiscard]] auto verified_from(const Buffer& receipt, const std::string& older) const {
    return verify_cose_receipt(receipt, trust(), std::nullopt, older);
  }
};

TEST(CoseReceipts, HoldOfEachRecordInEachTreeAndOfNoOther) {
  const CoseLog log;
  for (std::uint64_t size = 2; size <= 9; ++size)
    for (std::uint64_t index = 0; index < size; ++index) {
      SCOPED_TRACE(testing::Message() << index << " of " << size);
      const Buffer receipt = log.inclusion(index, size);
      const auto held = log.verified(receipt, leaf_text(index));
      ASSERT_TRUE(held) << held.error().message;
      EXPECT_EQ(held->in, log.checkpoint(size));
      EXPECT_EQ(held->index, LeafIndex{index});
      EXPECT_EQ(log.verified(receipt, leaf_text(index + 1)).error().code, Code::kCorrupt);
    }
}

TEST(CoseReceipts, HoldOfEachPairOfTreesAndOfNoOther) {
  const CoseLog log;
  for (std::uint64_t size = 2; size <= 9; ++size)
    for (std::uint64_t from = 1; from < size; ++from) {
      SCOPED_TRACE(testing::Message() << from << " of " << size);
      const Buffer receipt = log.consistency(from, size);
      const auto held = log.verified_from(receipt, log.note(from));
      ASSERT_TRUE(held) << held.error().message;
      EXPECT_EQ(held->in, log.checkpoint(size));
      EXPECT_EQ(held->from->size, TreeSize{from});
      format::Checkpoint other = log.checkpoint(from);
      other.root.bytes[9] ^= std::byte{2};
      const auto of_another = log.verified_from(
          receipt, format::signed_note(format::checkpoint_text(other), {&log.key}));
      EXPECT_EQ(of_another.error().code, Code::kCorrupt);
      EXPECT_EQ(log.verified_from(receipt, log.note(from + 1)).error().code, Code::kInvalid);
    }
}

/// Each bit, by an Ed25519 key and by one of P-256, and each end.
void expect_no_other(const CoseLog& log, const std::vector<Buffer>& receipts) {
  const std::string older = log.note(20);
  for (const Buffer& good : receipts) {
    const bool is_inclusion = &good == &receipts[0];
    const auto holds = [&](const Buffer& bytes) {
      return is_inclusion ? log.verified(bytes, leaf_text(20)).has_value()
                          : log.verified_from(bytes, older).has_value();
    };
    ASSERT_TRUE(holds(good));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      Buffer bad = good;
      bad[bit / 8] ^= std::byte{1} << (bit % 8);
      EXPECT_FALSE(holds(bad)) << bit;
    }
    for (std::size_t cut = 0; cut < good.size(); ++cut)
      EXPECT_FALSE(format::parse_cose_receipt(Bytes{good}.first(cut))) << cut;
    Buffer longer = good;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(holds(longer));
  }
}

TEST(CoseReceipts, DoNotHoldWithAnyBitFlipped) {
  CoseLog log;
  expect_no_other(log, {log.inclusion(20, 33), log.consistency(20, 33)});
  log.key = TestKey::p256(kCoseOrigin);
  expect_no_other(log, {log.inclusion(20, 33)});
}

TEST(CoseReceipts, AreRefusedForWhatTheyAre) {
  const CoseLog log;
  const Buffer receipt = log.inclusion(3, 9);
  Trust other = log.trust();
  other.origin = "log.example/other";
  const auto refused = [&](const auto& result, Code code, const std::string& why) {
    ASSERT_FALSE(result) << why;
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_NE(result.error().message.find(why), std::string::npos) << result.error().message;
  };
  const std::string leaf = leaf_text(3);
  refused(verify_cose_receipt(receipt, other, bytes_of(leaf), std::nullopt), Code::kInvalid,
          "it is of the log log.example/cose");
  refused(verify_cose_receipt(receipt, log.trust(), std::nullopt, std::nullopt), Code::kInvalid,
          "give it with --record");
  refused(verify_cose_receipt(receipt, log.trust(), bytes_of(leaf), "note"), Code::kInvalid,
          "leave --older out");
  refused(log.verified_from(receipt, log.note(2)), Code::kInvalid, "leave --older out");
  refused(verify_cose_receipt(log.consistency(2, 9), log.trust(), std::nullopt, std::nullopt),
          Code::kInvalid, "with --older");
  Trust later = log.trust();
  later.key = TestKey::ed25519(kCoseOrigin, 42).verifier();
  refused(verify_cose_receipt(receipt, later, bytes_of(leaf), std::nullopt), Code::kNotFound,
          "give the log's trust bundle");
}

// What a key signed while it was the log's stays good; by what came since, its holder may be another.
TEST(CoseReceipts, HoldFromAnOlderTreeWhoseKeyHasLeftSince) {
  LogBuilder log;
  const SigningKey next = SigningKey::make(log.origin, "the next key");
  const SigningKey& first = log.first;
  log.register_source(ward());
  log.batch(ward(), 2);
  const std::size_t then = log.records.size();
  const std::string older = log.checkpoint(then);
  log.rotate_key(next);
  log.retire_key(first);
  log.batch(ward(), 2);
  const std::size_t size = log.records.size();
  merkle::MemoryTree tree{0};
  for (const Buffer& record : log.records) {
    tree.leaves.push_back(merkle::leaf_hash(record));
    tree.frontier.append(tree.leaves.back(), &tree);
  }
  const auto checkpoint = [&](std::size_t of) {
    return format::Checkpoint{log.origin, TreeSize{of}, *merkle::tree_root(TreeSize{of}, tree)};
  };
  const auto receipt = [&](std::size_t from, std::size_t to, const SigningKey& by) {
    const Buffer signature = by.sign(format::cose_signed_bytes(by.verifier, checkpoint(to)));
    return format::consistency_receipt(
        *format::make_signed_root(checkpoint(to), by.verifier, signature), TreeSize{from},
        *merkle::prove_consistency(TreeSize{from}, TreeSize{to}, tree));
  };
  const auto keys = open_keys(text_of(log.files().at("keys")), first.verifier);
  ASSERT_TRUE(keys) << keys.error().message;
  const Trust trust{log.origin, first.verifier, keys->timeline, keys->under.checkpoint};
  const auto held = verify_cose_receipt(receipt(then, size, next), trust, std::nullopt, older);
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_TRUE(demand_consistency(*held, trust, ""));
  const std::string late = sign_note(format::checkpoint_text(checkpoint(size - 1)), {first});
  EXPECT_FALSE(verify_cose_receipt(receipt(size - 1, size, next), trust, std::nullopt, late))
      << "the older tree is of after it left";
  EXPECT_FALSE(verify_cose_receipt(receipt(then, size, first), trust, std::nullopt, older))
      << "it signed the newer tree after it left";
  const auto departed =
      verify_cose_receipt(receipt(then, then + 1, first), trust, std::nullopt, older);
  ASSERT_TRUE(departed) << departed.error().message;
  EXPECT_FALSE(demand_consistency(*departed, trust, ""))
      << "who has the key may have made it today";
}

// RFC 9942 alone does not demand it: a proof does not always lead to another root when its tree is said to be larger.
TEST(CoseReceipts, NameTheSizeThatIsSignedInTheProofToo) {
  const CoseLog log;
  format::SignedRoot root = log.root(log.checkpoint(9));
  const auto proof = *merkle::prove_inclusion(LeafIndex{3}, TreeSize{9}, log.tree);
  Buffer receipt = format::inclusion_receipt(root, LeafIndex{3}, proof);
  const std::string begins = {'\x83', '\x09', '\x03', '\x84'};
  const std::size_t at = text_of(receipt).find(begins);
  ASSERT_NE(at, std::string::npos);
  receipt[at + 1] = std::byte{10};
  const auto refused = log.verified(receipt, leaf_text(3));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("of another tree than the one that is signed"),
            std::string::npos);
}

}  // namespace
}  // namespace varve::verify
