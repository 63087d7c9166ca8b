// What a key event says about its token: one spelling, and every other one refused.
#include <gtest/gtest.h>

#include "ledger/format/control.h"
#include "ledger/rules/key_history.h"
#include "tests/format/test_keys.h"

namespace varve::format {
namespace {

const std::string kStatedOrigin = "log.example/x";

KeyStatement honest() {
  KeyStatement statement;
  statement.token = "pkcs11:model=SoftHSM%20v2;token=varve";
  statement.claims = {true, true, true, false, true, false, true};
  statement.probe = ProbeOutcome{};
  return statement;
}

KeyEvent joins(const TestKey& key, const KeyStatement& statement) {
  return {KeyAction::kRotate, kStatedOrigin, key.verifier(), {}, statement};
}

class Statement : public testing::Test {
 protected:
  [[nodiscard]] std::string text(const KeyStatement& statement) const {
    return key_event_text(joins(key, statement));
  }
  void must_refuse(const std::string& from, const std::string& to) const {
    std::string wrong = text(honest());
    const std::size_t at = wrong.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    EXPECT_FALSE(parse_key_event(wrong.replace(at, from.size(), to))) << to;
  }
  TestKey key = TestKey::p256(kStatedOrigin);
};

TEST_F(Statement, ReadsBackAsItIsWrittenWithEveryClaimAndOutcome) {
  for (unsigned bits = 0; bits < 128; ++bits) {
    KeyStatement statement = honest();
    const auto bit = [&](unsigned i) { return (bits >> i & 1) != 0; };
    statement.claims = {bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6)};
    statement.probe = ProbeOutcome{bit(0), bit(1), bit(2), bit(3)};
    const auto event = parse_key_event(text(statement));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->statement, statement);
    EXPECT_EQ(event->statement->probe->held(), (bits & 15) == 0);
    EXPECT_EQ(key_event_text(*event), text(statement));
  }
}

TEST_F(Statement, CarriesAttestationsVerbatim) {
  KeyStatement statement = honest();
  statement.probe.reset();
  statement.attestations = {Buffer(3, std::byte{0x30}), Buffer(3000, std::byte{10})};
  const auto event = parse_key_event(text(statement));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->statement, statement);
  statement.attestations.assign(kAttestationsMax + 1, Buffer(1));
  EXPECT_FALSE(parse_key_event(text(statement)));
  statement.attestations = {Buffer(kAttestationBytesMax + 1)};
  EXPECT_FALSE(parse_key_event(text(statement)));
  statement.attestations = {Buffer()};
  EXPECT_FALSE(parse_key_event(text(statement)));
}

TEST_F(Statement, RefusesEveryOtherSpelling) {
  must_refuse("private sensitive", "sensitive private");
  must_refuse("private sensitive", "private  sensitive");
  must_refuse("private sensitive", "private private sensitive");
  must_refuse("private sensitive", "private indestructible");
  must_refuse("claims private", "claims  private");
  must_refuse("local\n", "local \n");
  must_refuse("read=refused", "read=perhaps");
  must_refuse("read=refused wrap=refused", "wrap=refused read=refused");
  must_refuse("copy=refused", "copy=refused more");
  must_refuse("probe read", "probe none read");
  must_refuse("token pkcs11:", "token file:");
  must_refuse("token=varve", "token=var ve");
  must_refuse("probe ", "prob ");
  const std::string whole = text(honest());
  for (std::size_t cut = whole.find("token ") + 1; cut < whole.size(); ++cut)
    EXPECT_FALSE(parse_key_event(whole.substr(0, cut))) << cut;
}

TEST_F(Statement, IsOfAKeyThatJoinsOnly) {
  for (const KeyAction action : {KeyAction::kRetire, KeyAction::kRevoke}) {
    const std::string plain = key_event_text({action, kStatedOrigin, key.verifier()});
    ASSERT_TRUE(parse_key_event(plain));
    EXPECT_FALSE(parse_key_event(plain + statement_text(honest())));
  }
}

TEST_F(Statement, CannotBeChangedAfterItWasSigned) {
  const TestKey first = TestKey::ed25519(kStatedOrigin, 1);
  rules::KeyHistory history(kStatedOrigin);
  const KeyEvent create{KeyAction::kCreate, kStatedOrigin, first.verifier(), {}, honest()};
  ASSERT_TRUE(history.apply(signed_note(key_event_text(create), {&first})));
  KeyStatement leaky = honest();
  leaky.probe->wrap = true;
  Note note = *parse_note(signed_note(text(leaky), {&first, &key}));
  note.text = text(honest());
  EXPECT_EQ(history.apply(format_note(note)).error().code, Code::kCorrupt);
  EXPECT_TRUE(history.apply(signed_note(text(leaky), {&first, &key})));
}

}  // namespace
}  // namespace varve::format
