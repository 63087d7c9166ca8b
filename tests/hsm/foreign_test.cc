// Tools that know nothing of Varve read our public keys from the token and verify our signatures.
#include <gtest/gtest.h>

#include <fstream>

#include "hsm/token.h"
#include "tests/hsm/command.h"
#include "tests/hsm/soft_token.h"

namespace varve::hsm {
namespace {

using format::Algorithm;
using varve::testing::SoftToken;

class Foreign : public ::testing::Test {
 protected:
  /// Signs "message" with a new key and leaves files: message, signature.
  void sign_with(Algorithm algorithm) {
    const auto token = soft_.open();
    const auto key = token->create_key_pair(algorithm, "log");
    ASSERT_TRUE(key) << key.error().message;
    const auto signature = token->sign(key->key, bytes_of("message"));
    ASSERT_TRUE(signature) << signature.error().message;
    write("message", bytes_of("message"));
    write("signature", *signature);
    Buffer other = *signature;
    other[20] ^= std::byte{1};
    write("other", other);
  }
  void write(const char* name, Bytes bytes) const {
    std::ofstream(soft_.directory() / name, std::ios::binary) << text_of(bytes);
  }
  /// Runs it in the directory of those files; $tool is pkcs11-tool, logged in to the token.
  [[nodiscard]] varve::testing::Outcome run(std::string_view command) const {
    std::string line = "tool='pkcs11-tool --module ";
    line.append(testing::kPlainSoftHsm).append(" --token-label varve --login --pin ");
    line.append(SoftToken::kPin).append("'; cd ").append(soft_.directory().string());
    return varve::testing::run_command(line.append(" && ").append(command));
  }
  void export_key() const {
    const auto exported = run("$tool --read-object --type pubkey --label log -o public");
    ASSERT_EQ(exported.exit_code, 0) << exported.output;
  }
  /// `command` prints `verdict` for the signature, and not for the other one.
  void expect_verified(const std::string& command, std::string_view verdict) const {
    const auto good = run("name=signature; " + command);
    EXPECT_NE(good.output.find(verdict), std::string::npos) << good.output;
    const auto other = run("name=other; " + command);
    EXPECT_EQ(other.output.find(verdict), std::string::npos) << other.output;
  }
  SoftToken soft_;
};

TEST_F(Foreign, OpensslVerifiesEd25519ByTheKeyThatPkcs11ToolExports) {
  sign_with(Algorithm::kEd25519);
  export_key();
  expect_verified("openssl pkeyutl -verify -rawin -pubin -inkey public -in message -sigfile $name",
                  "Signature Verified Successfully");
}

TEST_F(Foreign, OpensslVerifiesP256ByTheKeyThatPkcs11ToolExports) {
  sign_with(Algorithm::kEcdsaP256);
  export_key();
  expect_verified(
      "openssl pkey -pubin -inform DER -in public -out public.pem && "
      "openssl dgst -sha256 -verify public.pem -signature $name message",
      "Verified OK");
}

TEST_F(Foreign, Pkcs11ToolVerifiesEd25519OnTheToken) {
  sign_with(Algorithm::kEd25519);
  expect_verified("$tool --verify -m EDDSA --label log -i message --signature-file $name",
                  "Signature is valid");
}

TEST_F(Foreign, Pkcs11ToolVerifiesP256OnTheToken) {
  sign_with(Algorithm::kEcdsaP256);
  expect_verified(
      "openssl dgst -sha256 -binary -out digest message && $tool --verify -m ECDSA "
      "--signature-format openssl --label log -i digest --signature-file $name",
      "Signature is valid");
}

}  // namespace
}  // namespace varve::hsm
