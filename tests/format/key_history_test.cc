// The walk from a log's first key to today's: what it accepts, and every forgery it must refuse.
#include <gtest/gtest.h>

#include "ledger/format/approver_rules.h"
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
  static std::string revocation(const TestKey& key, std::uint64_t last_size,
                                std::initializer_list<const TestKey*> signers) {
    return signed_note(
        key_event_text({KeyAction::kRevoke, kOrigin, key.verifier(), TreeSize{last_size}}),
        signers);
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

TEST_F(KeyHistoryTest, RevokesAKeyFromASizeOn) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  EXPECT_TRUE(history.counts(first.verifier(), TreeSize{8}));
  ASSERT_TRUE(history.apply(revocation(first, 7, {&second})));
  EXPECT_EQ(history.active(), keys({&second}));
  EXPECT_EQ(history.all(), keys({&first, &second}));
  EXPECT_TRUE(history.counts(first.verifier(), TreeSize{7}));
  EXPECT_FALSE(history.counts(first.verifier(), TreeSize{8}));
  EXPECT_TRUE(history.counts(second.verifier(), TreeSize{8}));
}

TEST_F(KeyHistoryTest, RevokesAKeyThatWasRetiredLongBefore) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRetire, first, {&second})));
  ASSERT_TRUE(history.apply(revocation(first, 0, {&second})));
  EXPECT_EQ(history.active(), keys({&second}));
  EXPECT_FALSE(history.counts(first.verifier(), TreeSize{1}));
}

TEST_F(KeyHistoryTest, ARevocationOnlyEverTakesMoreAway) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(revocation(first, 7, {&second})));
  must_refuse(revocation(first, 7, {&second}), Code::kInvalid);
  must_refuse(revocation(first, 8, {&second}), Code::kInvalid);
  ASSERT_TRUE(history.apply(revocation(first, 6, {&second})));
  EXPECT_FALSE(history.counts(first.verifier(), TreeSize{7}));
  must_refuse(event(KeyAction::kRotate, first, {&second, &first}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, RevokesOnlyWithTheSignatureOfAKeyThatStays) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  must_refuse(revocation(first, 0, {&first}), Code::kInvalid);  // the last key
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  must_refuse(revocation(first, 0, {&first}), Code::kCorrupt);
  must_refuse(revocation(first, 0, {&thief}), Code::kCorrupt);
  must_refuse(revocation(thief, 0, {&second}), Code::kInvalid);
  must_refuse(event(KeyAction::kRevoke, first, {&second}, "log.example/y"), Code::kInvalid);
  Note note = *parse_note(revocation(first, 7, {&second}));
  note.text = key_event_text({KeyAction::kRevoke, kOrigin, first.verifier(), TreeSize{9}});
  must_refuse(format_note(note), Code::kCorrupt);
}

// Whoever stole the key cannot hold its revocation up by signing it badly.
TEST_F(KeyHistoryTest, TheRevokedKeysOwnSignatureDoesNotMatter) {
  ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  Note note = *parse_note(revocation(first, 7, {&first, &second}));
  note.signatures[0].signature[0] ^= std::byte{1};
  EXPECT_TRUE(history.apply(format_note(note)));
}

class Approvals : public KeyHistoryTest {
 protected:
  void SetUp() override { ASSERT_TRUE(history.apply(event(KeyAction::kCreate, first, {&first}))); }
  [[nodiscard]] std::string naming(std::uint32_t approvals,
                                   std::initializer_list<const TestKey*> approvers,
                                   std::initializer_list<const TestKey*> signers) const {
    const KeyEvent event{KeyAction::kApprovers, kOrigin, first.verifier(), {}, {}, approvals,
                         keys(approvers)};
    return signed_note(key_event_text(event), signers);
  }
  /// Nobody may append it, and whoever reads a log that has it goes on.
  void must_not_be_admitted(const std::string& note) const {
    const auto admitted = may_admit(history, note);
    ASSERT_FALSE(admitted);
    EXPECT_EQ(admitted.error().code, Code::kInvalid);
    KeyHistory replayed = history;
    const auto applied = replayed.apply(note);
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_FALSE(shared_keys(replayed.approvers(), replayed.all()).empty());
  }
  TestKey ann = TestKey::ed25519("ann", 11);
  TestKey bob = TestKey::p256("bob");
  TestKey eve = TestKey::ed25519("eve", 13);
};

TEST_F(Approvals, OnceNamedAreNeededForEveryKeyEvent) {
  ASSERT_TRUE(history.apply(naming(2, {&ann, &bob, &eve}, {&first, &ann, &bob})));
  EXPECT_EQ(history.approvals(), 2U);
  EXPECT_EQ(history.approvers(), keys({&ann, &bob, &eve}));
  must_refuse(event(KeyAction::kRotate, second, {&first, &second}), Code::kCorrupt);
  must_refuse(event(KeyAction::kRotate, second, {&first, &second, &ann}), Code::kCorrupt);
  must_refuse(event(KeyAction::kRotate, second, {&first, &second, &ann, &ann}), Code::kCorrupt);
  must_refuse(event(KeyAction::kRotate, second, {&second, &ann, &eve}), Code::kCorrupt);
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second, &eve, &ann})));
  must_refuse(revocation(first, 3, {&second, &ann}), Code::kCorrupt);
  ASSERT_TRUE(history.apply(revocation(first, 3, {&second, &ann, &bob})));
}

TEST_F(Approvals, OfTheNewApproversAndOfTheOldOnesAreNeededToChangeThem) {
  must_refuse(naming(1, {&ann}, {&first}), Code::kCorrupt);
  must_refuse(naming(1, {&ann}, {&ann}), Code::kCorrupt);
  must_refuse(naming(1, {&ann}, {&thief, &ann}), Code::kCorrupt);
  ASSERT_TRUE(history.apply(naming(1, {&ann}, {&first, &ann})));
  must_refuse(naming(1, {&ann}, {&first, &ann}), Code::kInvalid);
  must_refuse(naming(1, {&eve}, {&first, &eve}), Code::kCorrupt);
  must_refuse(naming(1, {&eve}, {&first, &ann}), Code::kCorrupt);
  ASSERT_TRUE(history.apply(naming(1, {&eve}, {&first, &ann, &eve})));
  EXPECT_EQ(history.approvers(), keys({&eve}));
}

TEST_F(Approvals, AreRefusedWhenOneOfThemFails) {
  ASSERT_TRUE(history.apply(naming(1, {&ann, &bob}, {&first, &ann})));
  Note note = *parse_note(event(KeyAction::kRotate, second, {&first, &second, &ann, &bob}));
  note.signatures.back().signature[9] ^= std::byte{1};
  must_refuse(format_note(note), Code::kCorrupt);
}

TEST_F(Approvals, AreOfPeopleWithNamesOfTheirOwnAndCanBeReached) {
  const TestKey other_ann = TestKey::ed25519("ann", 12);
  must_refuse(naming(1, {&ann, &other_ann}, {&first, &ann}), Code::kInvalid);
  must_refuse(naming(1, {&thief}, {&first, &thief}), Code::kInvalid);  // the log's own name
  must_refuse(naming(0, {&ann}, {&first, &ann}), Code::kInvalid);
  must_refuse(naming(2, {&ann}, {&first, &ann}), Code::kInvalid);
  std::string text =
      key_event_text({KeyAction::kApprovers, kOrigin, second.verifier(), {}, {}, 1, keys({&ann})});
  must_refuse(signed_note(text, {&second, &ann}), Code::kInvalid);  // not a key of the log
  const auto parsed = parse_key_event(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(key_event_text(*parsed), text);
  for (std::size_t cut = text.find("approvals"); cut < text.size(); ++cut)
    EXPECT_FALSE(parse_key_event(text.substr(0, cut))) << cut;
  for (std::size_t more = 2; more <= kApproversMax + 1; ++more) {
    text.append("approver ")
        .append(format_vkey(
            TestKey::ed25519("p" + std::to_string(more), 20 + static_cast<int>(more)).verifier()))
        .append("\n");
    EXPECT_EQ(parse_key_event(text).has_value(), more <= kApproversMax) << more;
  }
}

// Under another name a key has another id, so that only its bytes tell whose it is.
TEST_F(Approvals, AreNotGivenTwiceByOneKeyUnderTwoNames) {
  for (const bool p256 : {false, true}) {
    SCOPED_TRACE(p256);
    const TestKey& one = p256 ? bob : ann;
    const TestKey two = one.under("zoe");
    must_not_be_admitted(naming(2, {&one, &two}, {&first, &one, &two}));
    must_not_be_admitted(naming(1, {&two, &eve, &one}, {&first, &one}));
  }
}

TEST_F(Approvals, AreNotGivenByAnyKeyThatTheLogHasOrHad) {
  TestKey other = TestKey::p256(kOrigin);
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, third, {&first, &third})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, other, {&first, &other})));
  ASSERT_TRUE(history.apply(event(KeyAction::kRetire, second, {&first})));
  ASSERT_TRUE(history.apply(revocation(third, 2, {&first})));
  for (const TestKey* key : {&first, &second, &third, &other}) {
    const TestKey person = key->under("zoe");
    must_not_be_admitted(naming(1, {&person}, {&first, &person}));
    must_not_be_admitted(naming(1, {&ann, &person}, {&first, &ann}));
  }
  ASSERT_TRUE(history.apply(naming(1, {&ann}, {&first, &ann})));
}

TEST_F(Approvals, AreNotGivenByAKeyThatJoinsTheLogLater) {
  ASSERT_TRUE(history.apply(naming(1, {&ann, &bob}, {&first, &ann})));
  EXPECT_TRUE(shared_keys(history.approvers(), history.all()).empty());
  for (const TestKey* person : {&ann, &bob}) {
    const TestKey joining = person->under(kOrigin);
    must_not_be_admitted(event(KeyAction::kRotate, joining, {&first, &joining, &ann}));
  }
  ASSERT_TRUE(history.apply(event(KeyAction::kRotate, second, {&first, &second, &ann})));
}

TEST_F(KeyHistoryTest, RefusesEventsAndKeysOfAnotherOrigin) {
  must_refuse(event(KeyAction::kCreate, first, {&first}, "log.example/y"), Code::kInvalid);
  const TestKey other_name = TestKey::ed25519("log.example/y", 1);
  must_refuse(event(KeyAction::kCreate, other_name, {&other_name}), Code::kInvalid);
}

TEST(KeyEvent, ReadsBackAsItIsWritten) {
  const TestKey key = TestKey::ed25519(kOrigin, 1);
  for (const KeyAction action :
       {KeyAction::kCreate, KeyAction::kRotate, KeyAction::kRetire, KeyAction::kRevoke}) {
    const TreeSize last_size{action == KeyAction::kRevoke ? 70U : 0U};
    const std::string text = key_event_text({action, kOrigin, key.verifier(), last_size});
    const auto event = parse_key_event(text);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->action, action);
    EXPECT_EQ(event->origin, kOrigin);
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
  const TestKey key = TestKey::ed25519(kOrigin, 1);
  const auto text = [&](KeyAction action) {
    return key_event_text({action, kOrigin, key.verifier(), TreeSize{7}});
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
