// The function that names rows, held against the specification's vector, and what is no proof.
#include "ledger/index/vrf.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/base/text.h"

namespace varve::index {
namespace {

// c2sp.org/vrf-r255, "Test vector"
constexpr const char* kSecret = "3431c2b03533e280b23232e280b34e2c3132c2b03238e280b23131e280b34500";
constexpr const char* kPublic = "54136cd90d99fbd1d4e855d9556efea87ba0337f2a6ce22028d0f5726fcb854e";
constexpr const char* kAlpha = "633273702e6f72672f7672662d72323535";
constexpr const char* kPi =
    "0a97d961262fb549b4175c5117860f42ae44a123f93c476c439eddd1c0cff926"
    "5c805525233e2284dbed45e593b8eea31d5ca9734d72bcbba9738d5237f955f3"
    "b2422351149d1312503b6441a47c940c";
constexpr const char* kBeta =
    "dd653f0879b48c3ef69e13551239bec4cbcc1c18fe8894de2e9e1c790e182736"
    "03bf1c6c25d7a797aeff3c43fd32b974d3fcbd4bcce916007097922a3ea3a794";

Buffer bytes(const std::string& hex) {
  return decode_hex(hex).value();
}

/// A scalar below the order is what 64 bytes with zeros behind it are reduced to.
VrfKey key_of(const std::string& secret) {
  return VrfKey::from_seed(bytes(secret + std::string(64, '0')));
}

TEST(Vrf, IsTheSpecifications) {
  const VrfKey key = key_of(kSecret);
  EXPECT_EQ(hex(key.public_key().view()), kPublic);
  EXPECT_EQ(hex(key.prove(bytes(kAlpha))), kPi);
  EXPECT_EQ(hex(key.evaluate(bytes(kAlpha))), kBeta);
  const auto verified = verify_vrf(key.public_key(), bytes(kAlpha), bytes(kPi));
  ASSERT_TRUE(verified.has_value());
  EXPECT_EQ(hex(*verified), kBeta);
}

TEST(Vrf, RefusesAProofOfAnotherInputOrKey) {
  const VrfKey key = key_of(kSecret);
  EXPECT_EQ(verify_vrf(key.public_key(), bytes("00"), bytes(kPi)).error().code, Code::kCorrupt);
  const VrfKey other = key_of(std::string(62, '1') + "00");
  EXPECT_EQ(verify_vrf(other.public_key(), bytes(kAlpha), bytes(kPi)).error().code, Code::kCorrupt);
}

TEST(Vrf, RefusesAProofWithAnyBitChangedAndAnyOtherLength) {
  const VrfKey key = key_of(kSecret);
  const Buffer proof = bytes(kPi);
  for (std::size_t bit = 0; bit < 8 * proof.size(); ++bit) {
    Buffer changed = proof;
    changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    EXPECT_FALSE(verify_vrf(key.public_key(), bytes(kAlpha), changed)) << bit;
  }
  for (std::size_t size = 0; size < proof.size(); ++size)
    EXPECT_FALSE(verify_vrf(key.public_key(), bytes(kAlpha), Bytes(proof).first(size)));
  Buffer longer = proof;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(verify_vrf(key.public_key(), bytes(kAlpha), longer));
}

// The same point and the same scalar in a second spelling would be a second proof.
TEST(Vrf, RefusesAKeyOrAScalarThatIsMalformed) {
  EXPECT_EQ(verify_vrf(Hash{}, bytes(kAlpha), bytes(kPi)).error().code, Code::kInvalid);
  Hash no_point;
  no_point.bytes.fill(std::byte{0xff});
  EXPECT_EQ(verify_vrf(no_point, bytes(kAlpha), bytes(kPi)).error().code, Code::kInvalid);
  const VrfKey key = key_of(kSecret);
  Buffer proof = bytes(kPi);
  const Buffer order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {  // s + q
    carry += std::to_integer<unsigned>(proof[48 + k]) + std::to_integer<unsigned>(order[k]);
    proof[48 + k] = static_cast<std::byte>(carry & 0xffu);
    carry >>= 8;
  }
  EXPECT_EQ(verify_vrf(key.public_key(), bytes(kAlpha), proof).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve::index
