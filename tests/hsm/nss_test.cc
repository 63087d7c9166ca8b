// NSS's softokn: it signs and recovers as any token, and it must not be believed.
#include <gtest/gtest.h>

#include "hsm/token.h"
#include "ledger/format/control.h"
#include "tests/directories.h"
#include "tests/hsm/command.h"
#include "tests/hsm/nss_token.h"

namespace varve::hsm {
namespace {

using varve::testing::NssToken;

class Nss : public ::testing::Test {
 protected:
  /// Runs varve-keys on the token. $origin is set.
  [[nodiscard]] varve::testing::Outcome run(const std::string& command,
                                            const std::string& rest) const {
    std::string line = "origin='--origin log.example'; " + built_file("tools/keys/varve-keys ");
    line.append(command).append(" --module ").append(NssToken::module());
    line.append(" --token ").append(NssToken::kUri).append(" --pin file:");
    line.append(nss_.pin_file().string()).append(" ").append(rest);
    return varve::testing::run_command(line);
  }
  NssToken nss_;
};

TEST_F(Nss, SignsWithP256) {
  nss_.make_key("log-1");
  const auto token = nss_.open();
  const auto key = token->find_public_key("pkcs11:object=log-1");
  ASSERT_TRUE(key) << key.error().message;
  for (int i = 0; i < 20; ++i) {
    const auto signature = token->sign(key->key, bytes_of("message"));
    ASSERT_TRUE(signature) << signature.error().message;
  }
  EXPECT_EQ(token->find_public_key("pkcs11:object=log-2").error().code, Code::kNotFound);
}

TEST_F(Nss, RefusesAWrongPin) {
  const auto token = Token::open(
      {NssToken::module(), NssToken::kUri, *env::SecretBytes::copy_of(bytes_of("wrong")), 60'000});
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Code::kIo) << token.error().message;
}

// It claims NEVER_EXTRACTABLE of a key that can be wrapped out under an AES key.
TEST_F(Nss, FailsTheProbeThatItsClaimsDoNotShow) {
  nss_.make_key("log-1");
  const auto token = nss_.open();
  const auto key = token->find_public_key("pkcs11:object=log-1");
  ASSERT_TRUE(key) << key.error().message;
  const auto statement = token->state_key(*key);
  ASSERT_TRUE(statement) << statement.error().message;
  EXPECT_TRUE(statement->claims.never_extractable);
  EXPECT_TRUE(statement->claims.sensitive);
  ASSERT_TRUE(statement->probe);
  EXPECT_TRUE(statement->probe->wrap) << probe_text(*statement->probe);
  EXPECT_FALSE(statement->probe->held());
  EXPECT_NE(statement->token.find("manufacturer=Mozilla%20Foundation"), std::string::npos);
}

TEST_F(Nss, GetsNoKeyFromVarveKeysAndIsNotAttested) {
  const auto made = run("create", "$origin --algorithm p256 --label log-1");
  EXPECT_EQ(made.exit_code, 14) << made.output;
  EXPECT_NE(made.output.find("wrapped out"), std::string::npos) << made.output;
  nss_.make_key("log-2");
  const auto attested = run("attest", "$origin --key pkcs11:object=log-2");
  EXPECT_EQ(attested.exit_code, 14) << attested.output;
  EXPECT_NE(attested.output.find("not attested"), std::string::npos) << attested.output;
  EXPECT_NE(attested.output.find("wrap=allowed"), std::string::npos) << attested.output;
}

// A key that was made there all the same can be rotated in; the ledger then says what it is worth.
TEST_F(Nss, RotatesWithTheTruthAboutItInTheEvent) {
  nss_.make_key("log-1");
  nss_.make_key("log-2");
  const std::string event = (nss_.pin_file().parent_path() / "event").string();
  const auto to_file = run(
      "rotate", "$origin --key pkcs11:object=log-1 --label log-2 --algorithm p256 --out " + event);
  ASSERT_EQ(to_file.exit_code, 0) << to_file.output;
  const auto text = varve::testing::run_command("cat " + event).output;
  const auto note = format::parse_note(text);
  ASSERT_TRUE(note) << text;
  const auto parsed = format::parse_key_event(note->text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_TRUE(parsed->statement && parsed->statement->probe);
  EXPECT_TRUE(parsed->statement->probe->wrap);
}

}  // namespace
}  // namespace varve::hsm
