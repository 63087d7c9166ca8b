// Cosignatures: what one is over, and everything that is none.
#include "ledger/format/cosignature.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "test_cosigner.h"

namespace varve::format {
namespace {

constexpr std::uint64_t kTime_s = 1'679'315'147;
const std::string kText =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

const TestCosigner& witness() {
  static const TestCosigner kWitness("witness.example.com/w1", 1);
  return kWitness;
}

Note cosigned(std::uint64_t time_s = kTime_s) {
  return {kText, {witness().cosign(kText, time_s)}};
}

// The example of the specification, which gives the key's name and no key.
TEST(Cosignature, IsOverTheTwoLinesAndTheWholeTextOfTheSpecificationsExample) {
  EXPECT_EQ(cosigned_message(kText, kTime_s),
            "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
  const auto found = cosignature_of(cosigned(), witness().key());
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->time_s, kTime_s);
  EXPECT_EQ((*found)->line, cosigned().signatures[0]);
}

// Every bit of the line and of the text counts; a changed id or name is somebody else's line.
TEST(Cosignature, IsFalseWithAnyBitOfItOrOfTheTextChanged) {
  const Note good = cosigned();
  for (std::size_t bit = 0; bit < good.signatures[0].signature.size() * 8; ++bit) {
    Note bad = good;
    bad.signatures[0].signature[bit / 8] ^= std::byte(1u << (bit % 8));
    const auto found = cosignature_of(bad, witness().key());
    ASSERT_FALSE(found) << bit;
    EXPECT_EQ(found.error().code, Code::kCorrupt);
  }
  for (std::size_t bit = 0; bit < kText.size() * 8; ++bit) {
    Note bad = good;
    bad.text[bit / 8] = static_cast<char>(bad.text[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(cosignature_of(bad, witness().key())) << bit;
  }
}

TEST(Cosignature, OfAnotherNameOrIdIsNotThisWitnesses) {
  Note other_name = cosigned();
  other_name.signatures[0].name += "x";
  Note other_id = cosigned();
  other_id.signatures[0].id ^= 1;
  const Note nobody{kText, {}};
  for (const Note& note : {other_name, other_id, nobody}) {
    const auto found = cosignature_of(note, witness().key());
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_FALSE(*found);
  }
}

TEST(Cosignature, HasATimeOfAtMost63BitsAndSeventyTwoBytes) {
  for (const std::uint64_t time_s : {std::uint64_t{1}, (std::uint64_t{1} << 63) - 1})
    EXPECT_TRUE(cosignature_of(cosigned(time_s), witness().key())) << time_s;
  for (const std::uint64_t time_s : {std::uint64_t{0}, std::uint64_t{1} << 63})
    EXPECT_FALSE(cosignature_of(cosigned(time_s), witness().key())) << time_s;
  for (const std::size_t size : {0, 1, 64, 71, 73}) {
    Note note = cosigned();
    note.signatures[0].signature.resize(size);
    EXPECT_FALSE(cosignature_of(note, witness().key())) << size;
  }
}

// A log's key of the same bytes signs checkpoints, and its signature is no cosignature.
TEST(CosignerKey, HasAnIdOfItsOwnAmongKeysOfTheSameBytes) {
  const TestKey pair = TestKey::ed25519("witness.example.com/w1", 1);
  EXPECT_NE(witness().key().id, pair.verifier().id);
  const auto found = cosignature_of({kText, {pair.sign_note(kText)}}, witness().key());
  EXPECT_TRUE(found && !*found);
}

TEST(CosignerKey, IsReadBackAsItIsWrittenAndInNoOtherSpelling) {
  const std::string vkey = witness().vkey();
  const auto parsed = parse_cosigner_vkey(vkey);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, witness().key());
  for (std::size_t cut = 0; cut < vkey.size(); ++cut)
    EXPECT_FALSE(parse_cosigner_vkey(vkey.substr(0, cut))) << cut;
  for (std::size_t i = 0; i < vkey.size(); ++i) {
    std::string other = vkey;
    other[i] = other[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(parse_cosigner_vkey(other)) << i;
  }
  EXPECT_FALSE(parse_cosigner_vkey(vkey + " "));
}

TEST(CosignerKey, IsOfTypeFourAndOthersAreNamed) {
  const TestKey pair = TestKey::ed25519("w", 1);
  const auto of_a_log = parse_cosigner_vkey(format_vkey(pair.verifier()));
  ASSERT_FALSE(of_a_log);
  EXPECT_NE(of_a_log.error().message.find("type 1"), std::string::npos);
  const Buffer ml_dsa(1'313, std::byte{6});
  const auto newer = parse_cosigner_vkey("w+01234567+" + base64(ml_dsa));
  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().message.find("ML-DSA-44"), std::string::npos);
  EXPECT_FALSE(make_cosigner_key("w", Buffer(32)));  // no point of the curve's prime-order part
  EXPECT_FALSE(make_cosigner_key("w", Buffer(31)));
  EXPECT_FALSE(make_cosigner_key("a b", pair.verifier().key));
}

}  // namespace
}  // namespace varve::format
