// What tests/known_signatures.cc answers, the first time and ever after, is what libsodium says.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace varve::sim {
namespace {

template <class Function>
Function* of_libsodium(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

const unsigned char* raw(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class KnownSignatures : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(library_verifies_, &crypto_sign_ed25519_verify_detached) << "nothing is remembered";
    const std::array<unsigned char, crypto_sign_SEEDBYTES> seed{7};
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
    ASSERT_EQ(::crypto_sign_seed_keypair(key.data(), secret_.data(), seed.data()), 0);
    key_.assign(key.begin(), key.end());
  }
  [[nodiscard]] std::string signature_of(const std::string& message) const {
    std::array<unsigned char, crypto_sign_BYTES> made{};
    EXPECT_EQ(
        ::crypto_sign_detached(made.data(), nullptr, raw(message), message.size(), secret_.data()),
        0);
    return {made.begin(), made.end()};
  }

  decltype(&crypto_sign_ed25519_verify_detached) library_verifies_ =
      of_libsodium<decltype(crypto_sign_ed25519_verify_detached)>(
          "crypto_sign_ed25519_verify_detached");
  decltype(&crypto_core_ed25519_is_valid_point) library_is_key_ =
      of_libsodium<decltype(crypto_core_ed25519_is_valid_point)>(
          "crypto_core_ed25519_is_valid_point");
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_{};
  std::string key_;
};

// Every bit of the signature, the key and the message flipped, and every cut of the message.
TEST_F(KnownSignatures, AreJudgedAsLibsodiumJudgesThemHoweverOftenItIsAsked) {
  const std::string message = "a checkpoint's text";
  const std::string whole = signature_of(message) + key_ + message;
  std::vector<std::string> questions{whole};
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    questions.push_back(whole);
    questions.back()[bit / 8] = static_cast<char>(questions.back()[bit / 8] ^ (1 << bit % 8));
  }
  for (std::size_t cut = 1; cut <= message.size(); ++cut)
    questions.push_back(whole.substr(0, whole.size() - cut));
  int good = 0;
  for (int round = 0; round < 3; ++round)
    for (const std::string& question : questions) {
      const unsigned char* const key = raw(question) + crypto_sign_BYTES;
      const unsigned char* const text = key + crypto_sign_PUBLICKEYBYTES;
      const std::size_t size = question.size() - crypto_sign_BYTES - crypto_sign_PUBLICKEYBYTES;
      const int verdict = ::crypto_sign_ed25519_verify_detached(raw(question), text, size, key);
      ASSERT_EQ(verdict, library_verifies_(raw(question), text, size, key));
      ASSERT_EQ(::crypto_core_ed25519_is_valid_point(key), library_is_key_(key));
      good += verdict == 0 ? 1 : 0;
    }
  EXPECT_EQ(good, 3) << "the whole one, in each round";
}

TEST_F(KnownSignatures, AreMadeForEachMessageAndKeyApart) {
  auto* const library_signs = of_libsodium<decltype(crypto_sign_detached)>("crypto_sign_detached");
  for (int round = 0; round < 3; ++round)
    for (const char* message : {"", "a", "b", "ab"})
      for (const unsigned char first : std::array<unsigned char, 2>{0, 1}) {
        secret_[0] = first;
        const std::string text = message;
        std::array<unsigned char, crypto_sign_BYTES> made{};
        ASSERT_EQ(library_signs(made.data(), nullptr, raw(text), text.size(), secret_.data()), 0);
        EXPECT_EQ(signature_of(text), std::string(made.begin(), made.end()));
      }
}

}  // namespace
}  // namespace varve::sim
