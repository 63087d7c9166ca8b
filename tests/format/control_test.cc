// The texts of key events and source events: each reads back as it is written, and nothing else does.
#include "ledger/format/control.h"

#include <gtest/gtest.h>

#include "tests/format/test_keys.h"

namespace varve::format {
namespace {

const std::string kEventOrigin = "log.example/x";

TEST(KeyEvent, ReadsBackAsItIsWritten) {
  const TestKey key = TestKey::ed25519(kEventOrigin, 1);
  for (const KeyAction action : {KeyAction::kCreate, KeyAction::kRotate, KeyAction::kRetire,
                                 KeyAction::kRevoke, KeyAction::kWitnessKey}) {
    const TreeSize last_size{action == KeyAction::kRevoke ? 70U : 0U};
    const std::string text = key_event_text({action, kEventOrigin, key.verifier(), last_size});
    const auto event = parse_key_event(text);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->action, action);
    EXPECT_EQ(event->origin, kEventOrigin);
    EXPECT_EQ(event->key, key.verifier());
    EXPECT_EQ(event->last_size, last_size);
    EXPECT_EQ(key_event_text(*event), text);
    EXPECT_FALSE(parse_source_event(text));
    EXPECT_FALSE(parse_key_event(text + "\n"));
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_FALSE(parse_key_event(text.substr(0, cut))) << cut;
  }
}

TEST(KeyEvent, SaysALastSizeWhenItRevokesAndOnlyThen) {
  const TestKey key = TestKey::ed25519(kEventOrigin, 1);
  const auto text = [&](KeyAction action) {
    return key_event_text({action, kEventOrigin, key.verifier(), TreeSize{7}});
  };
  EXPECT_FALSE(parse_key_event(text(KeyAction::kRetire) + "last-size 7\n"));
  std::string revoke = text(KeyAction::kRevoke);
  ASSERT_TRUE(parse_key_event(revoke));
  EXPECT_FALSE(parse_key_event(revoke + "last-size 7\n"));
  for (const char* size : {"", "07", "-1", "7 ", "18446744073709551616"}) {
    std::string wrong = revoke.substr(0, revoke.find("last-size"));
    EXPECT_FALSE(parse_key_event(wrong.append("last-size ").append(size).append("\n"))) << size;
  }
}

TEST(KeyEvent, IsOfTheKindThatItsFirstLineSaysAlsoAsANote) {
  const TestKey key = TestKey::ed25519(kEventOrigin, 1);
  for (const KeyAction action : {KeyAction::kCreate, KeyAction::kRotate, KeyAction::kRetire,
                                 KeyAction::kRevoke, KeyAction::kWitnessKey}) {
    const bool is_of_witnesses = action == KeyAction::kWitnessKey;
    const Kind kind = is_of_witnesses ? Kind::kWitnessKey : Kind::kKeyEvent;
    const Kind other = is_of_witnesses ? Kind::kKeyEvent : Kind::kWitnessKey;
    const std::string text = key_event_text({action, kEventOrigin, key.verifier()});
    for (const std::string& one : {text, signed_note(text, {&key})}) {
      EXPECT_EQ(kind_of_key_event(one), kind);
      EXPECT_TRUE(expect_kind_of_key_event(kind, one));
      EXPECT_FALSE(expect_kind_of_key_event(other, one));
    }
  }
  EXPECT_EQ(kind_of_key_event(""), Kind::kKeyEvent);
  EXPECT_EQ(kind_of_key_event("varve witness key v1"), Kind::kKeyEvent) << "no line";
}

TEST(KeyEvent, OfWitnessesIsOfAnEd25519KeyWithoutAnAction) {
  const TestKey p256 = TestKey::p256(kEventOrigin);
  EXPECT_FALSE(
      parse_key_event(key_event_text({KeyAction::kWitnessKey, kEventOrigin, p256.verifier()})));
  const std::string vkey = format_vkey(TestKey::ed25519(kEventOrigin, 1).verifier());
  const std::string head = "varve witness key v1\norigin " + kEventOrigin + "\n";
  EXPECT_TRUE(parse_key_event(head + "key " + vkey + "\n"));
  EXPECT_FALSE(parse_key_event(head + "action rotate\nkey " + vkey + "\n"));
  EXPECT_FALSE(parse_key_event("varve key event v1\norigin " + kEventOrigin +
                               "\naction witness-key\nkey " + vkey + "\n"));
}

TEST(SourceEvent, ReadsBackAsItIsWritten) {
  const TestKey key = TestKey::ed25519("ward-7/pacs", 1);
  for (const SourceAction action : {SourceAction::kRegister, SourceAction::kRotate}) {
    const std::string text = source_event_text({action, kEventOrigin, key.verifier()});
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
    EXPECT_FALSE(parse_source_event(
        source_event_text({SourceAction::kRegister, kEventOrigin, key.verifier()})));
}

}  // namespace
}  // namespace varve::format
