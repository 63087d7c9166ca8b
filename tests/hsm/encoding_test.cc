// Keys and signatures between PKCS#11's spellings and the ledger's.
#include "hsm/encoding.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"

namespace varve::hsm {
namespace {

using format::Algorithm;

Buffer from_hex(std::string_view text) {
  return *decode_hex(text);
}

TEST(Curve, IsKnownByObjectIdentifierAndByName) {
  EXPECT_EQ(curve_of(from_hex("06032b6570")), Algorithm::kEd25519);
  EXPECT_EQ(curve_of(from_hex("130c656477617264733235353139")), Algorithm::kEd25519);
  EXPECT_EQ(curve_of(from_hex("06082a8648ce3d030107")), Algorithm::kEcdsaP256);
  EXPECT_EQ(curve_of(from_hex("1309736563703235367231")), Algorithm::kEcdsaP256);
  EXPECT_EQ(curve_of(curve_parameters(Algorithm::kEd25519)), Algorithm::kEd25519);
  EXPECT_EQ(curve_of(curve_parameters(Algorithm::kEcdsaP256)), Algorithm::kEcdsaP256);
}

TEST(Curve, OfAnotherNameOrABrokenOneIsUnknown) {
  for (const char* other : {"", "06", "06032b656e", "06052b81040022",
                            "130b656477617264733235353139", "0c0c656477617264733235353139"})
    EXPECT_EQ(curve_of(from_hex(other)), std::nullopt) << other;
}

TEST(PublicPoint, IsReadFromAnOctetStringAndRaw) {
  const Buffer raw(32, std::byte{7});
  Buffer wrapped = from_hex("0420");
  append(wrapped, raw);
  EXPECT_EQ(*key_from_point(Algorithm::kEd25519, raw), raw);
  EXPECT_EQ(*key_from_point(Algorithm::kEd25519, wrapped), raw);
}

TEST(PublicPoint, OfP256BecomesSpkiAndBack) {
  Buffer raw{std::byte{4}};
  raw.resize(65, std::byte{9});
  Buffer wrapped = from_hex("0441");
  append(wrapped, raw);
  const auto key = key_from_point(Algorithm::kEcdsaP256, wrapped);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), 91u);
  EXPECT_EQ(*key_from_point(Algorithm::kEcdsaP256, raw), *key);
  const auto point = point_from_key(*key);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->algorithm, Algorithm::kEcdsaP256);
  EXPECT_EQ(point->raw, raw);
  EXPECT_EQ(point->wrapped, wrapped);
}

TEST(PublicPoint, OfAnyOtherSizeIsRefused) {
  for (std::size_t size = 0; size <= 140; ++size) {
    const Buffer zeros(size);
    EXPECT_EQ(key_from_point(Algorithm::kEd25519, zeros).has_value(), size == 32) << size;
    EXPECT_FALSE(key_from_point(Algorithm::kEcdsaP256, zeros)) << size;  // 04 is missing
    EXPECT_EQ(point_from_key(zeros).has_value(), size == 32) << size;
  }
}

TEST(EcdsaDer, HasTheShortestIntegersAndNeverANegativeOne) {
  Buffer raw(64);
  raw[31] = std::byte{1};
  raw[32] = std::byte{0x80};
  EXPECT_EQ(hex(*ecdsa_der(raw)),
            "3026020101022100"
            "80" +
                std::string(62, '0'));
  EXPECT_EQ(hex(*ecdsa_der(Buffer(64))), "3006020100020100");
  EXPECT_EQ(ecdsa_der(Buffer(64, std::byte{0xff}))->size(), 72u);
}

TEST(EcdsaDer, RefusesWhatIsNotSixtyFourBytes) {
  for (const std::size_t size : {0u, 63u, 65u, 70u}) EXPECT_FALSE(ecdsa_der(Buffer(size))) << size;
}

}  // namespace
}  // namespace varve::hsm
