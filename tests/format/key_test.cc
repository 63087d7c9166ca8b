// Public keys: their one spelling as a vkey, and the keys and signatures that must be refused.
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "ledger/base/text.h"
#include "ledger/format/note.h"
#include "tests/format/test_keys.h"

namespace varve::format {
namespace {

TEST(Vkey, ReadsBackAsItIsWritten) {
  for (const TestKey& key :
       {TestKey::ed25519("log.example/a", 1), TestKey::p256("log.example/b")}) {
    const std::string vkey = format_vkey(key.verifier());
    const auto parsed = parse_vkey(vkey);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, key.verifier());
    EXPECT_EQ(format_vkey(*parsed), vkey);
  }
}

// The id binds name, type and key: no character of a vkey can change without being noticed.
TEST(Vkey, IsRefusedWithAnyOneCharacterChangedOrCutOff) {
  for (const TestKey& key :
       {TestKey::ed25519("log.example/a", 1), TestKey::p256("log.example/b")}) {
    const std::string vkey = format_vkey(key.verifier());
    const std::size_t material = vkey.rfind('+', vkey.find('+') + 9);
    for (std::size_t i = 0; i < vkey.size(); ++i) {
      EXPECT_FALSE(parse_vkey(vkey.substr(0, i))) << i;
      if (key.verifier().algorithm == Algorithm::kEcdsaP256 && i < material) continue;
      for (const char c : {'A', '0', 'f', '+', ' ', '\n', '\0', '/'}) {
        std::string changed = vkey;
        changed[i] = c;
        if (changed != vkey) {
          EXPECT_FALSE(parse_vkey(changed)) << i << " " << c;
        }
      }
    }
  }
}

TEST(Vkey, OfP256HasAnIdThatDoesNotDependOnTheName) {
  const TestKey key = TestKey::p256("log.example/a");
  const auto renamed =
      make_verifier_key("log.example/b", Algorithm::kEcdsaP256, key.verifier().key);
  EXPECT_EQ(renamed->id, key.verifier().id);
}

TEST(Vkey, IsRefusedWithAnUpperCaseIdAnotherTypeOrSomethingBehindIt) {
  const std::string vkey = format_vkey(TestKey::ed25519("log.example/a", 3).verifier());
  const std::size_t plus = vkey.find('+');
  std::string upper = vkey;
  for (std::size_t i = plus; i < plus + 9; ++i)
    upper[i] = static_cast<char>(std::toupper(upper[i]));
  EXPECT_NE(upper, vkey);
  EXPECT_FALSE(parse_vkey(upper));
  EXPECT_FALSE(parse_vkey(vkey + "\n"));
  EXPECT_FALSE(parse_vkey(vkey + "AAAA"));
  for (const char type : {'\0', '\3', '\4', '\6', '\xff'}) {
    Buffer material = *decode_base64(vkey.substr(plus + 10));
    material[0] = static_cast<std::byte>(type);
    EXPECT_FALSE(parse_vkey(vkey.substr(0, plus + 10) + base64(material)));
  }
}

TEST(KeyName, MayNotBeEmptyNorHaveSpacesPlusesOrControlCharacters) {
  const Buffer key = TestKey::ed25519("x", 1).verifier().key;
  for (const char* bad : {"", " ", "a b", "a+b", "a\nb", "a\tb", "a\xc2\xa0", "a\xe3\x80\x80",
                          "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x80\xa8"})
    EXPECT_FALSE(make_verifier_key(bad, Algorithm::kEd25519, key)) << bad;
  for (const char* good : {"a", "audit.example.org/cardiology", "\xc3\xa4rzte", "\xf0\x9f\x94\x92"})
    EXPECT_TRUE(make_verifier_key(good, Algorithm::kEd25519, key)) << good;
}

// Points of small order verify signatures that nobody made. All of the curve's eight, and their
// other spellings.
TEST(Ed25519Key, OfSmallOrderOrNotCanonicalIsRefused) {
  for (const char* bad : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0000000000000000000000000000000000000000000000000000000000000080",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000080",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
           "0200000000000000000000000000000000000000000000000000000000000000",
       })
    EXPECT_FALSE(make_verifier_key("a", Algorithm::kEd25519, *decode_hex(bad))) << bad;
}

TEST(Ed25519Key, OfAnotherSizeIsRefused) {
  const Buffer key = TestKey::ed25519("x", 1).verifier().key;
  EXPECT_FALSE(make_verifier_key("a", Algorithm::kEd25519, Bytes{key}.first(31)));
  EXPECT_FALSE(make_verifier_key("a", Algorithm::kEd25519, {}));
  EXPECT_FALSE(make_verifier_key("a", Algorithm::kEcdsaP256, key));
}

TEST(P256Key, OffTheCurveIsRefused) {
  const Buffer good = TestKey::p256("x").verifier().key;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Buffer bad = good;
    bad[i] ^= std::byte{1};
    EXPECT_FALSE(make_verifier_key("a", Algorithm::kEcdsaP256, bad)) << i;
  }
}

TEST(P256Key, CompressedOrFromAnotherCurveIsRefused) {
  for (const char* curve : {"P-384", "secp256k1"}) {
    const std::shared_ptr<EVP_PKEY> pair(EVP_EC_gen(curve), EVP_PKEY_free);
    unsigned char* der = nullptr;
    const auto size = static_cast<std::size_t>(i2d_PUBKEY(pair.get(), &der));
    EXPECT_FALSE(
        make_verifier_key("a", Algorithm::kEcdsaP256, std::as_bytes(std::span{der, size})));
    OPENSSL_free(der);
  }
  Buffer compressed = TestKey::p256("x").verifier().key;
  compressed[1] = std::byte{0x39};
  compressed[24] = std::byte{0x22};
  compressed[26] = std::byte{0x02};
  compressed.resize(27 + 32);
  EXPECT_FALSE(make_verifier_key("a", Algorithm::kEcdsaP256, compressed));
}

TEST(Signature, VerifiesOverTheMessageAndFailsWithAnyBitOfEitherFlipped) {
  for (const TestKey& key : {TestKey::ed25519("a", 1), TestKey::p256("b")}) {
    Buffer message = to_buffer(bytes_of("sediment, laid once"));
    Buffer signature = key.sign(message);
    ASSERT_TRUE(verify_signature(key.verifier(), message, signature));
    for (Buffer* part : {&message, &signature})
      for (std::size_t bit = 0; bit < 8 * part->size(); ++bit) {
        (*part)[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_EQ(verify_signature(key.verifier(), message, signature).error().code,
                  Code::kCorrupt);
        (*part)[bit / 8] ^= std::byte{1} << (bit % 8);
      }
  }
}

TEST(Signature, OfAnotherSizeIsRefused) {
  for (const TestKey& key : {TestKey::ed25519("a", 1), TestKey::p256("b")}) {
    const Buffer message = to_buffer(bytes_of("m"));
    Buffer signature = key.sign(message);
    for (std::size_t size = 0; size < signature.size(); ++size)
      EXPECT_FALSE(verify_signature(key.verifier(), message, Bytes{signature}.first(size)));
    signature.push_back(std::byte{0});
    EXPECT_FALSE(verify_signature(key.verifier(), message, signature));
  }
}

// BER allows a length in two bytes where DER demands one.
TEST(Signature, OfP256WithALongFormLengthIsRefused) {
  const TestKey key = TestKey::p256("b");
  const Buffer message = to_buffer(bytes_of("m"));
  Buffer signature = key.sign(message);
  signature.insert(signature.begin() + 1, std::byte{0x81});
  EXPECT_FALSE(verify_signature(key.verifier(), message, signature));
}

// S and S + L are the same number to a careless verifier.
TEST(Signature, OfEd25519WithAnUnreducedScalarIsRefused) {
  const TestKey key = TestKey::ed25519("a", 1);
  const Buffer message = to_buffer(bytes_of("m"));
  Buffer signature = key.sign(message);
  const Buffer order =
      *decode_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += std::to_integer<unsigned>(signature[32 + i]) + std::to_integer<unsigned>(order[i]);
    signature[32 + i] = static_cast<std::byte>(carry & 0xff);
    carry >>= 8;
  }
  EXPECT_FALSE(verify_signature(key.verifier(), message, signature));
}

}  // namespace
}  // namespace varve::format
