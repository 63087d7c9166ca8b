// Whose signatures count on a note: those of the log's keys and of its approvers, all of which must
// verify.
#include "ledger/rules/signers.h"

#include <gtest/gtest.h>
#include <sodium.h>

namespace varve::rules {
namespace {

/// A key pair made from a number, that signs notes.
struct Pair {
  Pair(std::string name, unsigned char number) {
    std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
    seed.fill(number);
    std::array<std::byte, crypto_sign_PUBLICKEYBYTES> open{};
    crypto_sign_seed_keypair(u8(MutableBytes{open}), secret.data(), seed.data());
    key = *format::make_verifier_key(std::move(name), format::Algorithm::kEd25519, open);
  }
  [[nodiscard]] format::NoteSignature sign(std::string_view text) const {
    Buffer signature(crypto_sign_BYTES);
    crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(bytes_of(text)), text.size(),
                         secret.data());
    return {key.name, key.id, signature};
  }
  format::VerifierKey key;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
};

// Every set of signers, and in each every signature that fails.
TEST(Signers, AreTheKeysAndApproversWhoseSignaturesVerify) {
  const std::string text = "varve hold v1\n";
  const std::vector<Pair> pairs{{"log.example", 1}, {"ann", 2}, {"bob", 3}, {"stranger", 4}};
  const std::vector<format::VerifierKey> active{pairs[0].key};
  const std::vector<format::VerifierKey> approvers{pairs[1].key, pairs[2].key};
  for (unsigned int set = 1; set < 16; ++set) {
    format::Note note{text, {}};
    std::vector<std::size_t> who;
    for (std::size_t k = 0; k < pairs.size(); ++k)
      if ((set >> k & 1u) != 0) {
        note.signatures.push_back(pairs[k].sign(text));
        who.push_back(k);
      }
    const auto signers = signers_of(note, active, approvers);
    ASSERT_EQ(signers.has_value(), set != 8) << "a stranger alone is nobody";
    if (!signers) continue;
    EXPECT_EQ(signers->active_key, (set & 1u) != 0);
    std::vector<Hash> expected;
    if ((set & 2u) != 0) expected.push_back(approver_hash(pairs[1].key));
    if ((set & 4u) != 0) expected.push_back(approver_hash(pairs[2].key));
    EXPECT_EQ(signers->approvers, expected);
    for (std::size_t k = 0; k < who.size(); ++k) {
      format::Note wrong = note;
      wrong.signatures[k].signature[0] ^= std::byte{1};
      EXPECT_EQ(signers_of(wrong, active, approvers).has_value(), who[k] == 3);
    }
  }
}

// Two keys sign checkpoints, and a policy names one of them.
TEST(Signers, OfANoteThatNamesAnActiveKeyStandForTheLogByThatKeyAlone) {
  const std::string text = "varve policy v1\n";
  const std::vector<Pair> pairs{{"log.example", 1}, {"log.example", 5}, {"ann", 2}};
  const std::vector<format::VerifierKey> active{pairs[0].key, pairs[1].key};
  const std::vector<format::VerifierKey> approvers{pairs[2].key};
  for (unsigned int set = 1; set < 8; ++set)
    for (std::size_t named = 0; named < pairs.size(); ++named) {
      SCOPED_TRACE(std::to_string(set) + " " + std::to_string(named));
      format::Note note{text, {}};
      for (std::size_t k = 0; k < pairs.size(); ++k)
        if ((set >> k & 1u) != 0) note.signatures.push_back(pairs[k].sign(text));
      const auto signers = signers_of(note, pairs[named].key, active, approvers);
      ASSERT_TRUE(signers);
      EXPECT_EQ(signers->active_key, named < active.size() && (set >> named & 1u) != 0);
      EXPECT_EQ(signers->approvers.size(), set >> 2 & 1u);
      for (std::size_t k = 0; k < note.signatures.size(); ++k) {
        format::Note wrong = note;
        wrong.signatures[k].signature[0] ^= std::byte{1};
        EXPECT_FALSE(signers_of(wrong, pairs[named].key, active, approvers))
            << "also of the key that it does not name";
      }
    }
}

}  // namespace
}  // namespace varve::rules
