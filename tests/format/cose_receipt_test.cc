// Bytes of receipts that no document and no other implementation shows: those of large trees.
#include "ledger/format/cose_receipt.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/base/text.h"

namespace varve::format {
namespace {

/// From the proof on, up to its first hash. That all are zeros ends it.
std::string proof_begins(std::uint64_t size, std::uint64_t index, std::size_t hashes) {
  SignedRoot root{{"log", TreeSize{size}, {}}, {}, Buffer(64)};
  root.key.name = "log";
  const std::string all = hex(inclusion_receipt(root, LeafIndex{index}, merkle::Proof(hashes)));
  const std::size_t at = all.find("a119018ca12081");
  return all.substr(at, all.find("582000", at) - at);
}

// RFC 8949 section 4.2.1: each number in as few bytes as it fits in.
TEST(CoseReceipt, SpellsEachNumberInItsShortestForm) {
  EXPECT_EQ(proof_begins(0x1'0000'0000, 0xffff'ffff, 24),
            "a119018ca12081590341831b00000001000000001affffffff9818");
  EXPECT_EQ(proof_begins(0xffff'ffff'ffff'ffff, 0x1'0000, 23),
            "a119018ca1208159031e831bffffffffffffffff1a0001000097");
  EXPECT_EQ(proof_begins(0x1'0000, 0xffff, 1), "a119018ca12081582c831a0001000019ffff81");
  EXPECT_EQ(proof_begins(0x100, 0xff, 1), "a119018ca1208158298319010018ff81");
  EXPECT_EQ(proof_begins(24, 23, 1), "a119018ca1208158278318181781");
}

}  // namespace
}  // namespace varve::format
