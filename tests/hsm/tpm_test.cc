// A TPM by way of tpm2-pkcs11: it signs, it counts wrong PINs itself, and its attributes can be
// changed.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "hsm/token.h"
#include "ledger/format/control.h"
#include "tests/directories.h"
#include "tests/hsm/command.h"
#include "tests/hsm/soft_token.h"
#include "tests/hsm/tpm_token.h"

namespace varve::hsm {
namespace {

using varve::testing::SoftToken;
using varve::testing::TpmToken;

class Tpm : public ::testing::Test {
 protected:
  /// varve-keys; $origin, $tpm and $new_tpm are set.
  [[nodiscard]] varve::testing::Outcome run(const std::string& arguments) const {
    std::string line = "origin='--origin log.example'; ";
    for (const char* prefix : {"", "new_"}) {
      const std::string option = std::string(*prefix == 0 ? "" : "new-");
      line.append(prefix).append("tpm='--").append(option).append("module ").append(
          TpmToken::kModule);
      line.append(" --").append(option).append("token ").append(TpmToken::kUri);
      line.append(" --").append(option).append("pin file:").append(tpm_.pin_file().string());
      line.append(*prefix == 0 ? " --timeout-ms 60000'; " : "'; ");
    }
    line.append(built_file("tools/keys/varve-keys ")).append(arguments);
    return varve::testing::run_command(line);
  }
  TpmToken tpm_;
};

TEST_F(Tpm, SignsWithP256AlsoAfterAPowerCut) {
  tpm_.make_key("log-1");
  const auto token = tpm_.open();
  const auto key = token->find_public_key("pkcs11:object=log-1");
  ASSERT_TRUE(key) << key.error().message;
  for (int i = 0; i < 10; ++i) {
    const auto signature = token->sign(key->key, bytes_of("message"));
    ASSERT_TRUE(signature) << signature.error().message;
  }
  tpm_.lose_power();
  const auto away = token->sign(key->key, bytes_of("m"));
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, Code::kBusy) << away.error().message;
  tpm_.give_power();
  bool back = false;
  std::string last;
  for (int i = 0; i < 1'200 && !back; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto signature = token->sign(key->key, bytes_of("m"));
    back = signature.has_value();
    if (!back) last = signature.error().message;
  }
  EXPECT_TRUE(back) << last;
}

TEST_F(Tpm, CountsOneWrongPinHoweverOftenItIsTried) {
  for (int i = 0; i < 5; ++i) {
    const auto token = Token::open(tpm_.options("wrong-4711"));
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Code::kIo) << token.error().message;
    EXPECT_EQ(token.error().message.find("not tried again") != std::string::npos, i > 0);
  }
  EXPECT_EQ(tpm_.wrong_pins(), 1u);
  EXPECT_TRUE(Token::open(tpm_.options()));
}

// docs/operating/keys.md warns of it: a few power cuts lock a TPM as wrong PINs do.
TEST_F(Tpm, CountsAPowerCutAfterALoginLikeAWrongPin) {
  EXPECT_EQ(tpm_.wrong_pins(), 0u);
  static_cast<void>(tpm_.open());
  tpm_.lose_power();
  tpm_.give_power();
  EXPECT_EQ(tpm_.wrong_pins(), 1u);
  EXPECT_TRUE(Token::open(tpm_.options()));
}

// The lock is the device's, so that nobody can go on guessing, nor does the right PIN open it.
TEST_F(Tpm, LocksAfterAFewWrongPins) {
  std::string last;
  for (int i = 0; i < 40 && last.find("CKR_PIN_LOCKED") == std::string::npos; ++i) {
    const auto token = Token::open(tpm_.options("wrong-" + std::to_string(i)));
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Code::kIo) << token.error().message;
    last = token.error().message;
  }
  EXPECT_NE(last.find("CKR_PIN_LOCKED"), std::string::npos) << last;
  const auto right = run("list $tpm");  // a process that remembers no PIN
  EXPECT_EQ(right.exit_code, 14) << right.output;
  EXPECT_NE(right.output.find("CKR_PIN_LOCKED"), std::string::npos) << right.output;
}

// tpm2-pkcs11 makes no key that does not stay, so there is nothing to throw away and to attack.
TEST_F(Tpm, GetsNoKeyFromVarveKeysAndIsNotAttested) {
  const auto made = run("create $tpm $origin --algorithm p256 --label log-1");
  EXPECT_EQ(made.exit_code, 14) << made.output;
  tpm_.make_key("log-2");
  const auto attested = run("attest $tpm $origin --key pkcs11:object=log-2");
  EXPECT_EQ(attested.exit_code, 14) << attested.output;
  EXPECT_NE(attested.output.find("not attested"), std::string::npos) << attested.output;
  EXPECT_NE(attested.output.find("could not be made"), std::string::npos) << attested.output;
  EXPECT_NE(attested.output.find("modifiable"), std::string::npos) << attested.output;
}

TEST_F(Tpm, HasNoKeysOfMonths) {
  const auto wrapped = tpm_.open()->wrap("log/1", Buffer(32));
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::kIo) << wrapped.error().message;
}

// From a local key to one in the TPM; the ledger then says what is known of it.
TEST_F(Tpm, IsRotatedToWithWhatIsKnownOfItInTheEvent) {
  const SoftToken soft;
  ASSERT_TRUE(soft.open()->create_key_pair(format::Algorithm::kEd25519, "log-1"));
  tpm_.make_key("log-2");
  const std::string event = (soft.directory() / "event").string();
  std::string command = "rotate --module " + std::string(testing::kPlainSoftHsm);
  command.append(" --token ").append(SoftToken::kUri).append(" --pin file:");
  command.append(soft.pin_file().string()).append(" $new_tpm $origin --key pkcs11:object=log-1");
  const auto rotated = run(command + " --label log-2 --algorithm p256 --out " + event);
  ASSERT_EQ(rotated.exit_code, 0) << rotated.output;
  const auto text = varve::testing::run_command("cat " + event).output;
  const auto note = format::parse_note(text);
  ASSERT_TRUE(note) << text;
  EXPECT_EQ(note->signatures.size(), 2u);
  const auto parsed = format::parse_key_event(note->text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_TRUE(parsed->statement);
  EXPECT_FALSE(parsed->statement->probe);
  EXPECT_TRUE(parsed->statement->claims.sensitive);
  EXPECT_NE(parsed->statement->token.find("token=tpm"), std::string::npos);
  EXPECT_EQ(parsed->statement->token.find("%00"), std::string::npos) << parsed->statement->token;
}

}  // namespace
}  // namespace varve::hsm
