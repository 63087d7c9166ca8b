// A token as the ledger uses it: sign, find, wrap, and what cannot be done.
#include "hsm/token.h"

#include <gtest/gtest.h>

#include <thread>

#include "ledger/base/text.h"
#include "tests/hsm/soft_token.h"

namespace varve::hsm {
namespace {

using format::Algorithm;
using varve::testing::secret;
using varve::testing::SoftToken;

void expect_signed(const PublicKey& key, Bytes message, Bytes signature) {
  const auto verifier = format::make_verifier_key("test", key.algorithm, key.key);
  ASSERT_TRUE(verifier) << verifier.error().message;
  EXPECT_TRUE(format::verify_signature(*verifier, message, signature));
}

class BothAlgorithms : public ::testing::TestWithParam<Algorithm> {
 protected:
  SoftToken soft_;
};

INSTANTIATE_TEST_SUITE_P(Token, BothAlgorithms,
                         ::testing::Values(Algorithm::kEd25519, Algorithm::kEcdsaP256));

TEST_P(BothAlgorithms, SignMessagesOfEverySizeUpToTwoHundredBytes) {
  const auto token = soft_.open();
  const auto key = token->create_key_pair(GetParam(), "log");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->algorithm, GetParam());
  for (std::size_t size = 0; size <= 200; ++size) {
    const Buffer message(size, std::byte{0x5a});
    const auto signature = token->sign(key->key, message);
    ASSERT_TRUE(signature) << size << ": " << signature.error().message;
    expect_signed(*key, message, *signature);
  }
}

TEST_P(BothAlgorithms, FindTheKeyByItsUriAlsoInALaterSession) {
  auto token = soft_.open();
  const auto made = token->create_key_pair(GetParam(), "card iology;1");
  ASSERT_TRUE(made);
  token.reset();
  token = soft_.open();
  const auto found = token->find_public_key(object_uri("card iology;1"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, *made);
  EXPECT_EQ(*token->find_public_key("pkcs11:token=varve;object=card%20iology%3B1;type=public"),
            *made);
  EXPECT_TRUE(token->sign(found->key, bytes_of("again")));
}

TEST_P(BothAlgorithms, SignFromEightThreadsAtOnce) {
  const auto token = soft_.open();
  const auto key = token->create_key_pair(GetParam(), "log");
  ASSERT_TRUE(key);
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string message = std::to_string(t) + "/" + std::to_string(i);
        const auto signature = token->sign(key->key, bytes_of(message));
        ASSERT_TRUE(signature) << signature.error().message;
        expect_signed(*key, bytes_of(message), *signature);
        ++good;
      }
    });
  threads.clear();
  EXPECT_EQ(good, 800);
}

class OneToken : public ::testing::Test {
 protected:
  SoftToken soft_;
};

TEST_F(OneToken, AnswersNotFoundForAKeyItDoesNotHold) {
  const auto token = soft_.open();
  const auto stranger = token->sign(Buffer(32, std::byte{1}), bytes_of("x"));
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, Code::kNotFound);
  EXPECT_EQ(token->sign(Buffer(31), bytes_of("x")).error().code, Code::kInvalid);
  EXPECT_EQ(token->find_public_key("pkcs11:object=nobody").error().code, Code::kNotFound);
}

TEST_F(OneToken, RefusesUrisThatNameNoObjectOfIt) {
  const auto token = soft_.open();
  ASSERT_TRUE(token->create_key_pair(Algorithm::kEd25519, "log"));
  for (const char* uri : {"pkcs11:", "pkcs11:token=other;object=log", "log", "pkcs11:type=public"})
    EXPECT_EQ(token->find_public_key(uri).error().code, Code::kInvalid) << uri;
}

TEST_F(OneToken, DoesNotMakeASecondKeyOfTheSameLabel) {
  const auto token = soft_.open();
  ASSERT_TRUE(token->create_key_pair(Algorithm::kEd25519, "log"));
  for (const Algorithm algorithm : {Algorithm::kEd25519, Algorithm::kEcdsaP256})
    EXPECT_EQ(token->create_key_pair(algorithm, "log").error().code, Code::kWorm);
  EXPECT_EQ(token->create_key_pair(Algorithm::kEd25519, "").error().code, Code::kInvalid);
  EXPECT_EQ(token->list_keys()->size(), 1u);
}

TEST_F(OneToken, ListsKeysWithWhatItClaimsAboutThem) {
  const auto token = soft_.open();
  const auto first = token->create_key_pair(Algorithm::kEcdsaP256, "b");
  const auto second = token->create_key_pair(Algorithm::kEd25519, "a");
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(token->wrap("c/2026-11", Buffer(32)));
  const auto keys = token->list_keys();
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ(keys->at(0).label, "a");
  EXPECT_EQ(keys->at(0).public_key, *second);
  EXPECT_EQ(keys->at(1).public_key, *first);
  EXPECT_NE(keys->at(0).id, keys->at(1).id);
  EXPECT_EQ(keys->at(2).use, KeyUse::kWrap);
  for (const KeyInfo& key : *keys) {
    EXPECT_TRUE(key.claims.is_private && key.claims.sensitive && key.claims.always_sensitive &&
                key.claims.never_extractable && key.claims.local)
        << key.label;
    EXPECT_FALSE(key.claims.extractable || key.claims.modifiable) << key.label;
  }
}

TEST_F(OneToken, WrapsADataKeyAndGivesItBack) {
  auto token = soft_.open();
  Buffer key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  const auto wrapped = token->wrap("log/2026-11", key);
  ASSERT_TRUE(wrapped) << wrapped.error().message;
  EXPECT_EQ(wrapped->size(), 40u);
  EXPECT_EQ(*token->wrap("log/2026-11", key), *wrapped) << "RFC 3394 is deterministic";
  EXPECT_NE(*token->wrap("log/2026-12", key), *wrapped) << "another month, another key";
  token.reset();
  token = soft_.open();
  const auto back = token->unwrap("log/2026-11", *wrapped);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(std::ranges::equal(back->view(), key));
}

TEST_F(OneToken, NoticesAnAlteredWrappedKeyAtEveryByte) {
  const auto token = soft_.open();
  const auto wrapped = token->wrap("log/2026-11", Buffer(32, std::byte{3}));
  ASSERT_TRUE(wrapped);
  for (std::size_t i = 0; i < wrapped->size(); ++i) {
    Buffer altered = *wrapped;
    altered[i] ^= std::byte{1};
    const auto back = token->unwrap("log/2026-11", altered);
    ASSERT_FALSE(back) << i;
    EXPECT_EQ(back.error().code, Code::kCorrupt) << i << ": " << back.error().message;
  }
  EXPECT_TRUE(token->unwrap("log/2026-11", *wrapped));
}

TEST_F(OneToken, RefusesWrappedKeysAndDataKeysOfAnotherSize) {
  const auto token = soft_.open();
  const auto wrapped = token->wrap("k", Buffer(32));
  ASSERT_TRUE(wrapped);
  for (const std::size_t size : {0u, 8u, 16u, 24u, 39u, 41u, 48u})
    EXPECT_EQ(token->unwrap("k", Buffer(size)).error().code, Code::kCorrupt) << size;
  for (const std::size_t size : {0u, 16u, 31u, 33u})
    EXPECT_EQ(token->wrap("k", Buffer(size)).error().code, Code::kInvalid) << size;
}

TEST_F(OneToken, AnswersNotFoundWhenTheKeyEncryptionKeyIsGone) {
  const auto token = soft_.open();
  const auto missing = token->unwrap("log/1999-01", Buffer(40));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_TRUE(token->list_keys()->empty()) << "unwrap makes no key";
}

TEST_F(OneToken, TriesAWrongPinOnceAndTheRightOneStillWorks) {
  auto options = soft_.options();
  options.pin = secret("1111");
  const auto first = Token::open(std::move(options));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Code::kIo);
  EXPECT_NE(first.error().message.find("CKR_PIN_INCORRECT"), std::string::npos);
  EXPECT_EQ(first.error().message.find("1111"), std::string::npos);
  EXPECT_TRUE(Token::open(soft_.options()));
}

TEST_F(OneToken, IsNotOpenedByAUriThatNamesNoneOrSeveral) {
  soft_.add_token("second");
  struct Case {
    const char* uri;
    Code code;
  };
  for (const auto& [uri, code] :
       {Case{"pkcs11:token=nobody", Code::kNotFound}, Case{"pkcs11:", Code::kInvalid},
        Case{"pkcs11:object=log", Code::kInvalid}, Case{"varve", Code::kInvalid}}) {
    auto options = soft_.options();
    options.uri = uri;
    const auto token = Token::open(std::move(options));
    ASSERT_FALSE(token) << uri;
    EXPECT_EQ(token.error().code, code) << token.error().message;
  }
}

TEST_F(OneToken, LabelIsGivenOnce) {
  const auto again =
      initialize_token({testing::kSoftHsm, "varve", secret(SoftToken::kSoPin), secret("1234")});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kWorm);
}

TEST_F(OneToken, NeedsAModuleThatIsOneByItsAbsolutePath) {
  struct Case {
    const char* path;
    Code code;
  };
  for (const auto& [path, code] :
       {Case{"/nonexistent.so", Code::kIo}, Case{"/usr/lib/x86_64-linux-gnu/libdl.so.2", Code::kIo},
        Case{"", Code::kInvalid}, Case{"libsofthsm2.so", Code::kInvalid}}) {
    auto options = soft_.options();
    options.module = path;
    const auto token = Token::open(std::move(options));
    ASSERT_FALSE(token) << path;
    EXPECT_EQ(token.error().code, code) << path;
  }
}

TEST_F(OneToken, WorksBesideAnotherOfTheSameModule) {
  soft_.add_token("second");
  auto one = soft_.open();
  auto options = soft_.options();
  options.uri = "pkcs11:token=second";
  const auto two = Token::open(std::move(options));
  ASSERT_TRUE(two) << two.error().message;
  const auto key_one = one->create_key_pair(Algorithm::kEd25519, "log");
  const auto key_two = (*two)->create_key_pair(Algorithm::kEd25519, "log");
  ASSERT_TRUE(key_one && key_two);
  EXPECT_NE(*key_one, *key_two);
  EXPECT_EQ((*two)->sign(key_one->key, bytes_of("x")).error().code, Code::kNotFound);
  one.reset();
  EXPECT_TRUE((*two)->sign(key_two->key, bytes_of("x"))) << "closing one finalised the other";
}

}  // namespace
}  // namespace varve::hsm
