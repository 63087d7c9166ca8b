// Which sets of keys are taken, and a file of them that changes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/access/key_set_file.h"
#include "jwt_site.h"

namespace varve::api {
namespace {

std::string problem(const std::string& json) {
  const auto keys = KeySet::parse(json);
  return keys ? std::to_string(keys->size()) + " keys" : keys.error().message;
}

TEST(KeySet, LeavesOutKeysOfOtherKindsAndUses) {
  const JwtKeys& keys = JwtKeys::get();
  EXPECT_EQ(problem(keys.set()), "3 keys");
  const std::string good = keys.p256.jwk("ec");
  for (const Members& other :
       {Members{{"use", in_quotes("enc")}}, Members{{"alg", in_quotes("ECDH-ES")}},
        Members{{"alg", "7"}}, Members{{"key_ops", "[\"sign\"]"}},
        Members{{"kty", in_quotes("oct")}, {"k", in_quotes("AAAA")}},
        Members{{"crv", in_quotes("secp256k1")}}, Members{{"kty", "7"}}})
    EXPECT_EQ(problem(jwk_set({good, keys.p256.jwk("x", other)})), "1 keys") << json_of(other);
  EXPECT_EQ(problem(jwk_set({keys.p256.jwk("ec", {{"use", in_quotes("sig")},
                                                  {"alg", in_quotes("ES256")},
                                                  {"key_ops", "[\"verify\"]"},
                                                  {"x5u", in_quotes("https://127.0.0.1:1/")},
                                                  {"x5c", "[\"MII\"]"}})})),
            "1 keys");
}

TEST(KeySet, IsRefusedWithAKeyThatCannotBe) {
  const JwtKeys& keys = JwtKeys::get();
  const std::string zero = in_quotes(base64url(std::string(1, '\0') + std::string(256, 'a')));
  const std::string odd = in_quotes(base64url(std::string(255, 'a')));
  const std::string even = in_quotes(base64url(std::string(256, 'b')));
  const auto with = [&](const JwtKey& key, const Members& other) {
    return problem(jwk_set({key.jwk("k", other)}));
  };
  EXPECT_NE(with(keys.p256, {{"d", in_quotes("AAAA")}}).find("key 1: it is a private key"),
            std::string::npos);
  EXPECT_NE(with(keys.rsa, {{"n", odd}}).find("n is not base64url of 256 to"), std::string::npos);
  EXPECT_NE(with(keys.rsa, {{"n", zero}}).find("zero byte"), std::string::npos);
  EXPECT_NE(with(keys.rsa, {{"n", even}}).find("even"), std::string::npos);
  for (const char* e : {"\"Aw\"", "\"AQAA\"", "\"\"", "65537", "\"AQAB==\"", "\"AQABAQABAQAB\""})
    EXPECT_NE(with(keys.rsa, {{"e", e}}).find("key 1: "), std::string::npos) << e;
  EXPECT_NE(with(keys.p384, {{"crv", in_quotes("P-256")}}).find("x is not base64url of 32 bytes"),
            std::string::npos);
  for (const char* member : {"x", "y"})
    for (const std::string& value :
         {std::string{"7"}, in_quotes(""), in_quotes(base64url(std::string(31, 'a'))),
          in_quotes(base64url(std::string(32, 'a')) + "=")})
      EXPECT_NE(with(keys.p256, {{member, value}}).find("is not base64url of 32 bytes"),
                std::string::npos);
  for (const std::string& kid : {std::string{"7"}, in_quotes(""), in_quotes(std::string(257, 'a'))})
    EXPECT_NE(with(keys.p256, {{"kid", kid}}).find("its kid is not"), std::string::npos);
  EXPECT_NE(problem(jwk_set({keys.rsa.jwk("a"), keys.p256.jwk("a")}))
                .find("key 2: another key above has its kid"),
            std::string::npos);
}

TEST(KeySet, IsRefusedWhenItIsNoneOrTooLarge) {
  const std::string key = JwtKeys::get().p256.jwk("ec");
  for (const std::string& text :
       {std::string{}, std::string{"[]"}, std::string{"{}"}, std::string{"{\"keys\":{}}"},
        std::string{"{\"keys\":[7]}"}, "{\"keys\":[],\"keys\":[" + key + "]}"})
    EXPECT_NE(problem(text).find("not a JWK set"), std::string::npos) << text;
  EXPECT_NE(problem(jwk_set({})).find("no key can be used"), std::string::npos);
  std::string many = "{\"keys\":[{}";
  for (std::size_t i = 0; i < kKeysMax; ++i) many += ",{}";
  EXPECT_NE(problem(many + "]}").find("at most 64 keys, this one has 65"), std::string::npos);
  EXPECT_NE(problem(jwk_set({key}) + std::string(kKeySetBytesMax, ' ')).find("bytes"),
            std::string::npos);
}

class KeysOnDisk : public JwtSite {
 protected:
  KeysOnDisk() {
    std::string pattern = ::testing::TempDir() + "varve-keys-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
  }
  ~KeysOnDisk() override { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::string path() const { return (directory / "keys").string(); }
  void write(const std::string& text, mode_t mode = 0644) const {
    std::ofstream(path(), std::ios::binary) << text;
    CHECK(::chmod(path().c_str(), mode) == 0);
  }

  std::filesystem::path directory;
  Journal journal{Level::kError};
};

TEST_F(KeysOnDisk, AreRotatedWithTheNextRequestAndKeptWhenTheFileIsWrong) {
  write(jwk_set({keys.p256.jwk("ec")}));
  options.keys = std::make_shared<KeySetFile>(path(), journal);
  Issuers issuers({options});
  const JwtKey fresh = JwtKey::make(JwtKey::Type::kP256);
  const std::string old_token = token();
  const std::string new_token =
      fresh.token("ES256", json_of(header("ES256", {{"kid", in_quotes("e2")}})), json_of(claims()));
  for (int round = 0; round < 10; ++round) {  // within one tick of the file's clock
    EXPECT_EQ(ask(issuers, old_token), "accepted");
    EXPECT_NE(ask(issuers, new_token), "accepted");
    write(jwk_set({fresh.jwk("e2")}));
    EXPECT_EQ(ask(issuers, new_token), "accepted");
    EXPECT_NE(ask(issuers, old_token), "accepted");
    write(jwk_set({keys.p256.jwk("ec")}));
  }
  write(jwk_set({keys.p256.jwk("ec"), fresh.jwk("e2")}));  // both, as a rotation should go
  EXPECT_EQ(ask(issuers, new_token), "accepted");
  const SharedKeySet before = options.keys->current();
  EXPECT_EQ(options.keys->current(), before);
  EXPECT_EQ(options.keys->status().keys, 2U);
  for (const std::string& wrong : {std::string{"{"}, jwk_set({}), std::string(300'000, ' ')}) {
    write(wrong);
    EXPECT_EQ(ask(issuers, old_token), "accepted");
  }
  EXPECT_GE(options.keys->status().failures, 3U);
  std::filesystem::remove(path());
  EXPECT_EQ(ask(issuers, old_token), "accepted");
}

// Who watches the metrics hears of a file before anybody sends a token.
TEST_F(KeysOnDisk, AreLookedAtWhenTheirStatusIsAsked) {
  write(jwk_set({keys.p256.jwk("ec")}));
  KeySetFile file(path(), journal);
  EXPECT_EQ(file.status().keys, 1U);
  write("{");
  EXPECT_EQ(file.status().failures, 1U);
}

TEST_F(KeysOnDisk, AreRefusedAtAStartWithWhatIsWrong) {
  EXPECT_FALSE(KeySetFile::load(path()));
  write("{}");
  EXPECT_EQ(KeySetFile::load(path()).error().message.find(path() + ": not a JWK set"), 0U);
  write(keys.set(), 0666);
  EXPECT_FALSE(KeySetFile::load(path())) << "others may write it";
  write(keys.set());
  EXPECT_TRUE(KeySetFile::load(path()));
}

}  // namespace
}  // namespace varve::api
