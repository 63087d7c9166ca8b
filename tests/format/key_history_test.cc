// The walk from a log's first key to today's: what it accepts, and every forgery it must refuse.
#include <gtest/gtest.h>

#include "ledger/format/control.h"
#include "tests/format/test_keys.h"

namespace varve::format {
namespace {

const std::string kOrigin = "log.example/x";

class KeyHistoryTest : public testing::Test {
 protected:
  static std::string event(KeyAction action, const TestKey& key,
                           std::initializer_list<const TestKey*> signers,
                           const std::string& origin = kOrigin) {
    return signed_note(key_event_text({action, origin, key.verifier()}), signers);
  }
  static std::vector<VerifierKey> keys(std::initializer_list<const TestKey*> list) {
    std::vector<VerifierKey> out;
    for (const TestKey* key : list) out.push_back(key->verifier());
    return out;
  }
  void must_refuse(const std::string& note, Code code) {
    const auto before_active = history.active();
    const auto before_all = history.all();
    const auto result = history.apply(note);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_EQ(history.active(), before_active);
    EXPECT_EQ(history.all(), before_all);
  }

  TestKey first = TestKey::ed25519(kOrigin, 1);
  TestKey second = TestKey::p256(kOrigin);
  TestKey third = TestKey::ed25519(kOrigin, 3);
  TestKey thief = TestKey::ed25519(kOrigin, 66);
  KeyHistory history{kOrigin};
};

TEST_F(KeyHistoryTest, WalksFromTheFirstKeyOverRotationsAndRetirements) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  EXPECT_EQ(history.active(), keys({&first}));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  EXPECT_EQ(history.active(), keys({&first, &second}));
  ASSERT_TRUE(history.apply(event(KeyAction::kRetire, first, {&second})));
  EXPECT_EQ(history.active(), keys({&second}));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, third, {&third, &second})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRetire, second, {&second, &third})));
  EXPECT_EQ(history.active(), keys({&third}));
  EXPECT_EQ(history.all(), keys({&first, &second, &third}));
}

TEST_F(KeyHistoryTest, BeginsWithTheKeyThatIsTrustedAndNoOther) {
  history = KeyHistory::trusting(kOrigin, first.verifier());
  must_refuse(event(KeyAction::kCreate, thief, {&thief}), Code::kCorrupt);
  must_refuse(event(KeyAction::kCreate, thief, {&thief, &first}), Code::kCorrupt);
  EXPECT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
}

TEST_F(KeyHistoryTest, RefusesACreationThatTheKeyItselfDidNotSign) {
  must_refuse(event(KeyAction::kCreate, first, {&thief}), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesToBeginWithARotationOrARetirement) {
  must_refuse(event(KeyAction::kRotate, first, {&first}), Code::kInvalid);
  must_refuse(event(KeyAction::kRetire, first, {&first}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, CreatesOnce) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  must_refuse(event(KeyAction::kCreate, first, {&first}), Code::kInvalid);
  must_refuse(event(KeyAction::kCreate, second, {&first, &second}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, RefusesARotationThatLacksEitherSignature) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  must_refuse(event(KeyAction::kRotate, second, {&second}), Code::kCorrupt);
  must_refuse(event(KeyAction::kRotate, second, {&first}), Code::kCorrupt);
  must_refuse(event(KeyAction::kRotate, second, {&thief, &second}), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesARotationWhoseKeyWasChangedAfterSigning) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  Note note = *parse_note(event(KeyAction::kRotate, second, {&first, &second}));
  note.text = key_event_text({KeyAction::kRotate, kOrigin, thief.verifier()});
  note.signatures.push_back(thief.sign_note(note.text));
  must_refuse(format_note(note), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesTheReplayOfEveryEvent) {
  const std::vector<std::string> events{event(KeyAction::kCreate, first, {&first}),
                                        event(KeyAction::kRotate, second, {&first, &second}),
                                        event(KeyAction::kRetire, first, {&second})};
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_TRUE(history.apply(events[i]));
    for (std::size_t k = 0; k <= i; ++k) must_refuse(events[k], Code::kInvalid);
  }
}

TEST_F(KeyHistoryTest, NeverTakesARetiredKeyBackNorItsSignature) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRetire, first, {&second})));
  must_refuse(event(KeyAction::kRotate, first, {&second, &first}), Code::kInvalid);
  must_refuse(event(KeyAction::kRotate, third, {&first, &third}), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, KeepsTheLastKey) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  must_refuse(event(KeyAction::kRetire, first, {&first}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, RetiresOnlyWithTheSignatureOfAKeyThatStays) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  must_refuse(event(KeyAction::kRetire, first, {&first}), Code::kCorrupt);
  must_refuse(event(KeyAction::kRetire, thief, {&second}), Code::kInvalid);
  Note note = *parse_note(event(KeyAction::kRetire, first, {&first, &second}));
  note.signatures[0].signature[0] ^= std::byte{1};  // the leaving key's, and it fails
  must_refuse(format_note(note), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesEventsAndKeysOfAnotherOrigin) {
  must_refuse(event(KeyAction::kCreate, first, {&first}, "log.example/y"), Code::kInvalid);
  const TestKey other_name = TestKey::ed25519("log.example/y", 1);
  must_refuse(event(KeyAction::kCreate, other_name, {&other_name}), Code::kInvalid);
}

TEST(KeyEvent, ReadsBackAsItIsWritten) {
  const TestKey key = TestKey::ed25519(kOrigin, 1);
  for (const KeyAction action : {KeyAction::kCreate, KeyAction::kRotate, KeyAction::kRetire}) {
    const std::string text = key_event_text({action, kOrigin, key.verifier()});
    const auto event = parse_key_event(text);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->action, action);
    EXPECT_EQ(event->origin, kOrigin);
    EXPECT_EQ(event->key, key.verifier());
    EXPECT_EQ(key_event_text(*event), text);
    EXPECT_FALSE(parse_source_event(text));
    EXPECT_FALSE(parse_key_event(text + "\n"));
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_FALSE(parse_key_event(text.substr(0, cut))) << cut;
  }
}

TEST(SourceEvent, ReadsBackAsItIsWritten) {
  const TestKey key = TestKey::ed25519("ward-7/pacs", 1);
  for (const SourceAction action : {SourceAction::kRegister, SourceAction::kRotate}) {
    const std::string text = source_event_text({action, kOrigin, key.verifier()});
    const auto event = parse_source_event(text);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->action, action);
    EXPECT_EQ(event->key, key.verifier());
    EXPECT_EQ(source_event_text(*event), text);
    EXPECT_FALSE(parse_key_event(text));
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_FALSE(parse_source_event(text.substr(0, cut))) << cut;
  }
}

TEST(SourceEvent, TakesEd25519KeysUnderSourceNamesOnly) {
  for (const TestKey& key : {TestKey::p256("ward-7/pacs"), TestKey::ed25519("Ward", 1)})
    EXPECT_FALSE(
        parse_source_event(source_event_text({SourceAction::kRegister, kOrigin, key.verifier()})));
}

}  // namespace
}  // namespace varve::format
