// The walk from a log's first key to today's: what it accepts, and every forgery it must refuse.
#include "ledger/rules/key_history.h"

#include <gtest/gtest.h>

#include "ledger/format/control.h"
#include "ledger/rules/approver_rules.h"
#include "tests/format/test_keys.h"

namespace varve::rules {
namespace {

const std::string kOrigin = "log.example/x";

class KeyHistoryTest : public testing::Test {
 protected:
  static std::string event(format::KeyAction action, const format::TestKey& key,
                           std::initializer_list<const format::TestKey*> signers,
                           const std::string& origin = kOrigin) {
    return format::signed_note(format::key_event_text({action, origin, key.verifier()}), signers);
  }
  static std::string revocation(const format::TestKey& key, std::uint64_t last_size,
                                std::initializer_list<const format::TestKey*> signers) {
    return format::signed_note(format::key_event_text({format::KeyAction::kRevoke, kOrigin,
                                                       key.verifier(), TreeSize{last_size}}),
                               signers);
  }
  static std::vector<format::VerifierKey> keys(std::initializer_list<const format::TestKey*> list) {
    std::vector<format::VerifierKey> out;
    for (const format::TestKey* key : list) out.push_back(key->verifier());
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

  format::TestKey first = format::TestKey::ed25519(kOrigin, 1);
  format::TestKey second = format::TestKey::p256(kOrigin);
  format::TestKey third = format::TestKey::ed25519(kOrigin, 3);
  format::TestKey thief = format::TestKey::ed25519(kOrigin, 66);
  KeyHistory history{kOrigin};
};

TEST_F(KeyHistoryTest, WalksFromTheFirstKeyOverRotationsAndRetirements) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  EXPECT_EQ(history.active(), keys({&first}));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  EXPECT_EQ(history.active(), keys({&first, &second}));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRetire, first, {&second})));
  EXPECT_EQ(history.active(), keys({&second}));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, third, {&third, &second})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRetire, second, {&second, &third})));
  EXPECT_EQ(history.active(), keys({&third}));
  EXPECT_EQ(history.all(), keys({&first, &second, &third}));
}

TEST_F(KeyHistoryTest, BeginsWithTheKeyThatIsTrustedAndNoOther) {
  history = KeyHistory::trusting(kOrigin, first.verifier());
  must_refuse(event(format::KeyAction::kCreate, thief, {&thief}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kCreate, thief, {&thief, &first}), Code::kCorrupt);
  EXPECT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
}

TEST_F(KeyHistoryTest, RefusesACreationThatTheKeyItselfDidNotSign) {
  must_refuse(event(format::KeyAction::kCreate, first, {&thief}), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesToBeginWithARotationOrARetirement) {
  must_refuse(event(format::KeyAction::kRotate, first, {&first}), Code::kInvalid);
  must_refuse(event(format::KeyAction::kRetire, first, {&first}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, CreatesOnce) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  must_refuse(event(format::KeyAction::kCreate, first, {&first}), Code::kInvalid);
  must_refuse(event(format::KeyAction::kCreate, second, {&first, &second}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, RefusesARotationThatLacksEitherSignature) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  must_refuse(event(format::KeyAction::kRotate, second, {&second}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, second, {&first}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, second, {&thief, &second}), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesARotationWhoseKeyWasChangedAfterSigning) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  format::Note note =
      *format::parse_note(event(format::KeyAction::kRotate, second, {&first, &second}));
  note.text = format::key_event_text({format::KeyAction::kRotate, kOrigin, thief.verifier()});
  note.signatures.push_back(thief.sign_note(note.text));
  must_refuse(format::format_note(note), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RefusesTheReplayOfEveryEvent) {
  const std::vector<std::string> events{
      event(format::KeyAction::kCreate, first, {&first}),
      event(format::KeyAction::kRotate, second, {&first, &second}),
      event(format::KeyAction::kRetire, first, {&second})};
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_TRUE(history.apply(events[i]));
    for (std::size_t k = 0; k <= i; ++k) must_refuse(events[k], Code::kInvalid);
  }
}

TEST_F(KeyHistoryTest, NeverTakesARetiredKeyBackNorItsSignature) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRetire, first, {&second})));
  must_refuse(event(format::KeyAction::kRotate, first, {&second, &first}), Code::kInvalid);
  must_refuse(event(format::KeyAction::kRotate, third, {&first, &third}), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, KeepsTheLastKey) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  must_refuse(event(format::KeyAction::kRetire, first, {&first}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, RetiresOnlyWithTheSignatureOfAKeyThatStays) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  must_refuse(event(format::KeyAction::kRetire, first, {&first}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRetire, thief, {&second}), Code::kInvalid);
  format::Note note =
      *format::parse_note(event(format::KeyAction::kRetire, first, {&first, &second}));
  note.signatures[0].signature[0] ^= std::byte{1};  // the leaving key's, and it fails
  must_refuse(format::format_note(note), Code::kCorrupt);
}

TEST_F(KeyHistoryTest, RevokesAKeyFromASizeOn) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  EXPECT_TRUE(history.counts(first.verifier(), TreeSize{8}));
  ASSERT_TRUE(history.apply(revocation(first, 7, {&second})));
  EXPECT_EQ(history.active(), keys({&second}));
  EXPECT_EQ(history.all(), keys({&first, &second}));
  EXPECT_TRUE(history.counts(first.verifier(), TreeSize{7}));
  EXPECT_FALSE(history.counts(first.verifier(), TreeSize{8}));
  EXPECT_TRUE(history.counts(second.verifier(), TreeSize{8}));
}

TEST_F(KeyHistoryTest, RevokesAKeyThatWasRetiredLongBefore) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRetire, first, {&second})));
  ASSERT_TRUE(history.apply(revocation(first, 0, {&second})));
  EXPECT_EQ(history.active(), keys({&second}));
  EXPECT_FALSE(history.counts(first.verifier(), TreeSize{1}));
}

TEST_F(KeyHistoryTest, ARevocationOnlyEverTakesMoreAway) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(revocation(first, 7, {&second})));
  must_refuse(revocation(first, 7, {&second}), Code::kInvalid);
  must_refuse(revocation(first, 8, {&second}), Code::kInvalid);
  ASSERT_TRUE(history.apply(revocation(first, 6, {&second})));
  EXPECT_FALSE(history.counts(first.verifier(), TreeSize{7}));
  must_refuse(event(format::KeyAction::kRotate, first, {&second, &first}), Code::kInvalid);
}

TEST_F(KeyHistoryTest, RevokesOnlyWithTheSignatureOfAKeyThatStays) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  must_refuse(revocation(first, 0, {&first}), Code::kInvalid);  // the last key
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  must_refuse(revocation(first, 0, {&first}), Code::kCorrupt);
  must_refuse(revocation(first, 0, {&thief}), Code::kCorrupt);
  must_refuse(revocation(thief, 0, {&second}), Code::kInvalid);
  must_refuse(event(format::KeyAction::kRevoke, first, {&second}, "log.example/y"), Code::kInvalid);
  format::Note note = *format::parse_note(revocation(first, 7, {&second}));
  note.text =
      format::key_event_text({format::KeyAction::kRevoke, kOrigin, first.verifier(), TreeSize{9}});
  must_refuse(format::format_note(note), Code::kCorrupt);
}

// Whoever stole the key cannot hold its revocation up by signing it badly.
TEST_F(KeyHistoryTest, TheRevokedKeysOwnSignatureDoesNotMatter) {
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  format::Note note = *format::parse_note(revocation(first, 7, {&first, &second}));
  note.signatures[0].signature[0] ^= std::byte{1};
  EXPECT_TRUE(history.apply(format::format_note(note)));
}

class Approvals : public KeyHistoryTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  }
  [[nodiscard]] std::string naming(std::uint32_t approvals,
                                   std::initializer_list<const format::TestKey*> approvers,
                                   std::initializer_list<const format::TestKey*> signers) const {
    const format::KeyEvent event{format::KeyAction::kApprovers,
                                 kOrigin,
                                 first.verifier(),
                                 {},
                                 {},
                                 approvals,
                                 keys(approvers)};
    return format::signed_note(format::key_event_text(event), signers);
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
  format::TestKey ann = format::TestKey::ed25519("ann", 11);
  format::TestKey bob = format::TestKey::p256("bob");
  format::TestKey eve = format::TestKey::ed25519("eve", 13);
};

TEST_F(Approvals, OnceNamedAreNeededForEveryKeyEvent) {
  ASSERT_TRUE(history.apply(naming(2, {&ann, &bob, &eve}, {&first, &ann, &bob})));
  EXPECT_EQ(history.approvals(), 2U);
  EXPECT_EQ(history.approvers(), keys({&ann, &bob, &eve}));
  must_refuse(event(format::KeyAction::kRotate, second, {&first, &second}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, second, {&first, &second, &ann}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, second, {&first, &second, &ann, &ann}),
              Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, second, {&second, &ann, &eve}), Code::kCorrupt);
  ASSERT_TRUE(
      history.apply(event(format::KeyAction::kRotate, second, {&first, &second, &eve, &ann})));
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
  format::Note note =
      *format::parse_note(event(format::KeyAction::kRotate, second, {&first, &second, &ann, &bob}));
  note.signatures.back().signature[9] ^= std::byte{1};
  must_refuse(format::format_note(note), Code::kCorrupt);
}

TEST_F(Approvals, AreOfPeopleWithNamesOfTheirOwnAndCanBeReached) {
  const format::TestKey other_ann = format::TestKey::ed25519("ann", 12);
  must_refuse(naming(1, {&ann, &other_ann}, {&first, &ann}), Code::kInvalid);
  must_refuse(naming(1, {&thief}, {&first, &thief}), Code::kInvalid);  // the log's own name
  must_refuse(naming(0, {&ann}, {&first, &ann}), Code::kInvalid);
  must_refuse(naming(2, {&ann}, {&first, &ann}), Code::kInvalid);
  std::string text = format::key_event_text(
      {format::KeyAction::kApprovers, kOrigin, second.verifier(), {}, {}, 1, keys({&ann})});
  must_refuse(format::signed_note(text, {&second, &ann}), Code::kInvalid);  // not a key of the log
  const auto parsed = format::parse_key_event(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(format::key_event_text(*parsed), text);
  for (std::size_t cut = text.find("approvals"); cut < text.size(); ++cut)
    EXPECT_FALSE(format::parse_key_event(text.substr(0, cut))) << cut;
  for (std::size_t more = 2; more <= format::kApproversMax + 1; ++more) {
    text.append("approver ")
        .append(format::format_vkey(
            format::TestKey::ed25519("p" + std::to_string(more), 20 + static_cast<int>(more))
                .verifier()))
        .append("\n");
    EXPECT_EQ(format::parse_key_event(text).has_value(), more <= format::kApproversMax) << more;
  }
}

// Under another name a key has another id, so that only its bytes tell whose it is.
TEST_F(Approvals, AreNotGivenTwiceByOneKeyUnderTwoNames) {
  for (const bool p256 : {false, true}) {
    SCOPED_TRACE(p256);
    const format::TestKey& one = p256 ? bob : ann;
    const format::TestKey two = one.under("zoe");
    must_not_be_admitted(naming(2, {&one, &two}, {&first, &one, &two}));
    must_not_be_admitted(naming(1, {&two, &eve, &one}, {&first, &one}));
  }
}

TEST_F(Approvals, AreNotGivenByAnyKeyThatTheLogHasOrHad) {
  format::TestKey other = format::TestKey::p256(kOrigin);
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, third, {&first, &third})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, other, {&first, &other})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRetire, second, {&first})));
  ASSERT_TRUE(history.apply(revocation(third, 2, {&first})));
  for (const format::TestKey* key : {&first, &second, &third, &other}) {
    const format::TestKey person = key->under("zoe");
    must_not_be_admitted(naming(1, {&person}, {&first, &person}));
    must_not_be_admitted(naming(1, {&ann, &person}, {&first, &ann}));
  }
  ASSERT_TRUE(history.apply(naming(1, {&ann}, {&first, &ann})));
}

TEST_F(Approvals, AreNotGivenByAKeyThatJoinsTheLogLater) {
  ASSERT_TRUE(history.apply(naming(1, {&ann, &bob}, {&first, &ann})));
  EXPECT_TRUE(shared_keys(history.approvers(), history.all()).empty());
  for (const format::TestKey* person : {&ann, &bob}) {
    const format::TestKey joining = person->under(kOrigin);
    must_not_be_admitted(event(format::KeyAction::kRotate, joining, {&first, &joining, &ann}));
  }
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second, &ann})));
}

TEST_F(KeyHistoryTest, NamesWitnessKeysOfWhichTheNewestSignsAndNoneIsAKeyOfTheLog) {
  const auto named = format::KeyAction::kWitnessKey;
  must_refuse(event(named, third, {&third}), Code::kInvalid);
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  EXPECT_EQ(history.witness_key(), nullptr);
  ASSERT_TRUE(history.apply(event(named, third, {&first, &third})));
  EXPECT_EQ(*history.witness_key(), third.verifier());
  EXPECT_EQ(history.active(), keys({&first}));
  EXPECT_EQ(history.all(), keys({&first}));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRotate, second, {&first, &second})));
  ASSERT_TRUE(history.apply(event(format::KeyAction::kRetire, first, {&second})));
  EXPECT_EQ(*history.witness_key(), third.verifier()) << "rotations leave it";
  const format::TestKey next = format::TestKey::ed25519(kOrigin, 4);
  ASSERT_TRUE(history.apply(event(named, next, {&second, &next}))) << "without the one before it";
  EXPECT_EQ(*history.witness_key(), next.verifier());
  EXPECT_EQ(history.witness_keys(), keys({&third, &next}));
}

TEST_F(KeyHistoryTest, TakesAWitnessKeyBySignaturesOfAnActiveKeyAndItsOwnAlone) {
  const auto named = format::KeyAction::kWitnessKey;
  ASSERT_TRUE(history.apply(event(format::KeyAction::kCreate, first, {&first})));
  must_refuse(event(named, thief, {&thief}), Code::kCorrupt);
  must_refuse(event(named, thief, {&first}), Code::kCorrupt);
  must_refuse(event(named, first, {&first}), Code::kInvalid);
  ASSERT_TRUE(history.apply(event(named, third, {&first, &third})));
  must_refuse(event(named, third, {&first, &third}), Code::kInvalid);
  EXPECT_EQ(history.witness_keys(), keys({&third}));
  must_refuse(event(named, thief, {&third, &thief}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, thief, {&third, &thief}), Code::kCorrupt);
  must_refuse(event(format::KeyAction::kRotate, third, {&first, &third}), Code::kInvalid);
  must_refuse(event(format::KeyAction::kRetire, third, {&first}), Code::kInvalid);
  must_refuse(revocation(third, 1, {&first}), Code::kInvalid);
  must_refuse(revocation(first, 1, {&third}), Code::kInvalid);
}

TEST_F(Approvals, AreNeededForAWitnessKeyTooAndItIsNoApprovers) {
  ASSERT_TRUE(history.apply(naming(2, {&ann, &bob}, {&first, &ann, &bob})));
  const auto named = format::KeyAction::kWitnessKey;
  must_refuse(event(named, third, {&first, &third, &ann}), Code::kCorrupt);
  const format::TestKey anns = format::TestKey::ed25519(kOrigin, 11);
  must_refuse(event(named, anns, {&first, &anns, &ann, &bob}), Code::kInvalid);
  const std::string fits = event(named, third, {&first, &third, &ann, &bob});
  EXPECT_TRUE(may_admit(history, fits));
  ASSERT_TRUE(history.apply(fits));
  const format::TestKey mallory = format::TestKey::ed25519("mallory", 3);
  must_refuse(naming(1, {&mallory}, {&first, &mallory, &ann, &bob}), Code::kInvalid);
  EXPECT_TRUE(history.apply(naming(1, {&ann}, {&first, &ann, &bob})));
}

TEST_F(KeyHistoryTest, RefusesEventsAndKeysOfAnotherOrigin) {
  must_refuse(event(format::KeyAction::kCreate, first, {&first}, "log.example/y"), Code::kInvalid);
  const format::TestKey other_name = format::TestKey::ed25519("log.example/y", 1);
  must_refuse(event(format::KeyAction::kCreate, other_name, {&other_name}), Code::kInvalid);
}

}  // namespace
}  // namespace varve::rules
