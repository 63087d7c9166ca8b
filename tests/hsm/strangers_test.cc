// Objects on the token that varve-keys did not make: used where they are sound, refused where they
// are ambiguous or may leave the token. pkcs11-tool makes them.
#include <gtest/gtest.h>

#include "hsm/token.h"
#include "tests/hsm/command.h"
#include "tests/hsm/soft_token.h"

namespace varve::hsm {
namespace {

using varve::testing::SoftToken;

class Strangers : public ::testing::Test {
 protected:
  void tool(std::string_view arguments) const {
    std::string line = "pkcs11-tool --module ";
    line.append(testing::kPlainSoftHsm).append(" --token-label varve --login --pin ");
    const auto outcome =
        varve::testing::run_command(line.append(SoftToken::kPin).append(" ").append(arguments));
    ASSERT_EQ(outcome.exit_code, 0) << arguments << ": " << outcome.output;
  }
  SoftToken soft_;
};

TEST_F(Strangers, KeyPairsOfAnotherToolSign) {
  tool("--keypairgen --key-type EC:edwards25519 --label e --id 01");
  tool("--keypairgen --key-type EC:prime256v1 --label p --id 02");
  const auto token = soft_.open();
  for (const char* uri : {"pkcs11:object=e", "pkcs11:id=%02", "pkcs11:object=p;id=%02"}) {
    const auto key = token->find_public_key(uri);
    ASSERT_TRUE(key) << uri << ": " << key.error().message;
    EXPECT_TRUE(token->sign(key->key, bytes_of("message"))) << uri;
  }
}

TEST_F(Strangers, KeysOfAnotherCurveAreNotOurs) {
  tool("--keypairgen --key-type EC:secp384r1 --label big --id 03");
  const auto token = soft_.open();
  EXPECT_EQ(token->find_public_key("pkcs11:object=big").error().code, Code::kInvalid);
  const auto keys = token->list_keys();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_FALSE(keys->front().public_key);
}

TEST_F(Strangers, TwoPublicKeysOfOneLabelAreToldApartByIdOnly) {
  tool("--keypairgen --key-type EC:prime256v1 --label log --id 01");
  tool("--keypairgen --key-type EC:prime256v1 --label log --id 02");
  const auto token = soft_.open();
  EXPECT_EQ(token->find_public_key("pkcs11:object=log").error().code, Code::kInvalid);
  EXPECT_TRUE(token->find_public_key("pkcs11:object=log;id=%01"));
}

TEST_F(Strangers, TwoPrivateKeysOfOneIdAreRefused) {
  tool("--keypairgen --key-type EC:prime256v1 --label one --id 01");
  const auto token = soft_.open();
  const auto key = token->find_public_key("pkcs11:object=one");
  ASSERT_TRUE(key);
  tool("--keypairgen --key-type EC:prime256v1 --label two --id 01");
  const auto signature = token->sign(key->key, bytes_of("message"));
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code, Code::kIo);
}

TEST_F(Strangers, AKeyThatTakesTheNameOfOneThatWasListedIsFound) {
  tool("--keypairgen --key-type EC:prime256v1 --label log --id 01");
  const auto token = soft_.open();
  const auto before = token->find_public_key("pkcs11:object=log");
  ASSERT_TRUE(before);
  tool("--delete-object --type pubkey --label log");
  EXPECT_EQ(token->find_public_key("pkcs11:object=log").error().code, Code::kNotFound);
  tool("--keypairgen --key-type EC:prime256v1 --label log --id 02");
  const auto after = token->find_public_key("pkcs11:object=log");
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_NE(after->key, before->key);
  EXPECT_TRUE(token->sign(after->key, bytes_of("message")));
}

TEST_F(Strangers, APublicKeyAloneDoesNotSign) {
  tool("--keypairgen --key-type EC:prime256v1 --label log --id 01");
  tool("--delete-object --type privkey --id 01");
  const auto token = soft_.open();
  const auto key = token->find_public_key("pkcs11:object=log");
  ASSERT_TRUE(key);
  EXPECT_EQ(token->sign(key->key, bytes_of("message")).error().code, Code::kNotFound);
}

TEST_F(Strangers, AKeyDestroyedWhileItIsInUseIsNotFoundAnyMore) {
  const auto token = soft_.open();
  const auto key = token->create_key_pair(format::Algorithm::kEcdsaP256, "log");
  ASSERT_TRUE(key);
  ASSERT_TRUE(token->sign(key->key, bytes_of("before")));
  tool("--delete-object --type privkey --label log");
  const auto after = token->sign(key->key, bytes_of("after"));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::kNotFound) << after.error().message;
}

TEST_F(Strangers, ADestroyedKeyEncryptionKeyDisposesOfWhatItProtected) {
  const auto token = soft_.open();
  const auto wrapped = token->wrap("log/2026-11", Buffer(32));
  ASSERT_TRUE(wrapped);
  ASSERT_TRUE(token->unwrap("log/2026-11", *wrapped));
  tool("--delete-object --type secrkey --label log/2026-11");
  const auto gone = token->unwrap("log/2026-11", *wrapped);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::kNotFound) << gone.error().message;
}

TEST_F(Strangers, TwoKeyEncryptionKeysOfOneLabelAreRefused) {
  const auto token = soft_.open();
  tool("--keygen --key-type AES:32 --label log/2026-11 --id 01");
  tool("--keygen --key-type AES:32 --label log/2026-11 --id 02");
  const auto wrapped = token->wrap("log/2026-11", Buffer(32));
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::kIo);
}

TEST_F(Strangers, AKeyEncryptionKeyThatMayLeaveTheTokenIsRefused) {
  const auto token = soft_.open();
  tool("--keygen --key-type AES:32 --label log/2026-11 --id 01 --extractable");
  const auto wrapped = token->wrap("log/2026-11", Buffer(32));
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::kIo);
  EXPECT_NE(wrapped.error().message.find("may leave the token"), std::string::npos);
}

}  // namespace
}  // namespace varve::hsm
