// Signed notes and checkpoints: what is a note, who signed it, and what it says.
#include "ledger/format/note.h"

#include <gtest/gtest.h>

#include "ledger/format/checkpoint.h"
#include "ledger/merkle/tree.h"
#include "tests/format/test_keys.h"

namespace varve::format {
namespace {

const TestKey& alice() {
  static const TestKey kKey = TestKey::ed25519("log.example", 1);
  return kKey;
}
const TestKey& bob() {
  static const TestKey kKey = TestKey::p256("log.example");
  return kKey;
}
const std::string kSignature = "\xe2\x80\x94 log.example AAAAAAAA\n";

TEST(Note, ReadsBackAsItIsWritten) {
  const std::string note = signed_note("text\n\nmore\n", {&alice(), &bob()});
  const auto parsed = parse_note(note);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->text, "text\n\nmore\n");
  EXPECT_EQ(parsed->signatures.size(), 2U);
  EXPECT_EQ(format_note(*parsed), note);
}

TEST(Note, IsSplitAtItsLastEmptyLine) {
  EXPECT_EQ(parse_note("a\n\n" + kSignature)->text, "a\n");
  EXPECT_EQ(parse_note("a\n\nb\n\n" + kSignature)->text, "a\n\nb\n");
  EXPECT_EQ(parse_note("a\n\n\n" + kSignature)->text, "a\n\n");
  EXPECT_EQ(parse_note("\n\n" + kSignature)->text, "\n");
  EXPECT_EQ(parse_note("a\n\n" + kSignature + "\n" + kSignature)->text, "a\n\n" + kSignature);
}

TEST(Note, IsRefusedWhenAnythingAboutItsShapeIsWrong) {
  const std::vector<std::string> bad{
      "",
      "\n",
      "\n\n",
      "a",
      "a\n",
      "a\n\n",
      "a\n" + kSignature,
      kSignature,
      "a\n\n" + kSignature.substr(0, kSignature.size() - 1),  // no newline at the end
      "a\n\n" + kSignature + "\n",                            // an empty line at the end
      "a\n\n- log.example AAAAAAAA\n",                        // a hyphen, not a dash
      "a\n\n\xe2\x80\x93 log.example AAAAAAAA\n",             // U+2013
      "a\n\n\xe2\x80\x94log.example AAAAAAAA\n",              // no space after the dash
      "a\n\n\xe2\x80\x94  log.example AAAAAAAA\n",            // two
      "a\n\n\xe2\x80\x94 log.example  AAAAAAAA\n",
      "a\n\n\xe2\x80\x94 log.example AAAAAAAA \n",
      "a\n\n\xe2\x80\x94 log.example\n",
      "a\n\n\xe2\x80\x94 log.example \n",
      "a\n\n\xe2\x80\x94  AAAAAAAA\n",
      "a\n\n\xe2\x80\x94 log+example AAAAAAAA\n",
      "a\n\n\xe2\x80\x94 log\xc2\xa0"
      "example AAAAAAAA\n",
      "a\n\n\xe2\x80\x94 log.example AAAAAA==\n",  // a key id and nothing more
      "a\n\n\xe2\x80\x94 log.example AAAAAAA\n",   // no padding
      "a\n\n\xe2\x80\x94 log.example AAAAAAB=\n",  // stray bits
      "a\n\n\xe2\x80\x94 log.example AAAAAA__\n",  // the other alphabet
      "a\r\n\n" + kSignature,
      std::string("a\0\n\n", 4) + kSignature,
      "a\t\n\n" + kSignature,
      "a\x1b\n\n" + kSignature,
      "\xff\n\n" + kSignature,
      "\xc0\x80\n\n" + kSignature,
      "\xed\xa0\x80\n\n" + kSignature,
      "\xf4\x90\x80\x80\n\n" + kSignature,
      "\xe2\x82\n\n" + kSignature,
      "\x80\n\n" + kSignature};
  for (const std::string& note : bad)
    EXPECT_EQ(parse_note(note).error().code, Code::kInvalid) << testing::PrintToString(note);
}

TEST(Note, HasAtLeastSixteenAndAtMostSixtyFourSignatures) {
  std::string note = "a\n\n";
  for (std::size_t n = 1; n <= kNoteSignaturesMax + 1; ++n) {
    note += kSignature;
    EXPECT_EQ(parse_note(note).has_value(), n <= kNoteSignaturesMax) << n;
  }
}

TEST(Note, IsAtMostOneMebibyteLong) {
  const std::string tail = "\n\n" + kSignature;
  EXPECT_TRUE(parse_note(std::string(kNoteMax - tail.size(), 'a') + tail));
  EXPECT_FALSE(parse_note(std::string(kNoteMax - tail.size() + 1, 'a') + tail));
}

TEST(NoteVerification, NamesTheKnownKeysThatSigned) {
  const TestKey carol = TestKey::ed25519("log.example", 3);
  const std::vector<VerifierKey> known{alice().verifier(), bob().verifier(), carol.verifier()};
  const auto signers = [&](std::initializer_list<const TestKey*> keys) {
    return verify_note(*parse_note(signed_note("t\n", keys)), known);
  };
  EXPECT_EQ(*signers({&alice()}), std::vector<std::size_t>{0});
  EXPECT_EQ(*signers({&bob(), &alice()}), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(*signers({&carol, &carol}), std::vector<std::size_t>{2});
}

TEST(NoteVerification, IgnoresUnknownKeysEvenWithAKnownNameOrAKnownId) {
  Note note = *parse_note(signed_note("t\n", {&alice()}));
  NoteSignature same_name = note.signatures[0];
  same_name.id ^= 1;
  NoteSignature same_id = note.signatures[0];
  same_id.name = "another.example";
  note.signatures.push_back(same_name);
  note.signatures.push_back(same_id);
  const std::vector<VerifierKey> known{alice().verifier()};
  EXPECT_TRUE(verify_note(note, known));
  note.signatures.erase(note.signatures.begin());
  EXPECT_EQ(verify_note(note, known).error().code, Code::kCorrupt);
}

TEST(NoteVerification, RefusesTheNoteWhenAnyKnownKeysSignatureFails) {
  for (const TestKey* broken : {&alice(), &bob()}) {
    Note note = *parse_note(signed_note("t\n", {&alice(), &bob()}));
    note.signatures[broken == &alice() ? 0 : 1].signature.back() ^= std::byte{1};
    const std::vector<VerifierKey> known{alice().verifier(), bob().verifier()};
    EXPECT_EQ(verify_note(note, known).error().code, Code::kCorrupt);
  }
}

TEST(NoteVerification, RefusesASecondFailingSignatureByTheSameKey) {
  Note note = *parse_note(signed_note("t\n", {&alice(), &alice()}));
  note.signatures[1].signature[5] ^= std::byte{1};
  EXPECT_FALSE(verify_note(note, std::vector<VerifierKey>{alice().verifier()}));
}

TEST(NoteVerification, RefusesAChangedText) {
  Note note = *parse_note(signed_note("size 10\n", {&alice()}));
  note.text = "size 11\n";
  EXPECT_FALSE(verify_note(note, std::vector<VerifierKey>{alice().verifier()}));
}

TEST(Checkpoint, ReadsBackAsItIsWritten) {
  const Checkpoint checkpoint{"log.example", TreeSize{42}, merkle::empty_root()};
  EXPECT_EQ(*parse_checkpoint_text(checkpoint_text(checkpoint)), checkpoint);
}

TEST(Checkpoint, IsRefusedInAnyOtherSpelling) {
  const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  ASSERT_TRUE(parse_checkpoint_text("log.example\n0\n" + root + "\n"));
  for (const std::string& text :
       {std::string{}, "log.example\n0\n" + root, "log.example\n0\n" + root + "\n\n",
        "log.example\n0\n" + root + "\nextension\n", "\n0\n" + root + "\n",
        "log example\n0\n" + root + "\n", "log.example\n00\n" + root + "\n",
        "log.example\n01\n" + root + "\n", "log.example\n+1\n" + root + "\n",
        "log.example\n-1\n" + root + "\n", "log.example\n\n" + root + "\n",
        "log.example\n1 \n" + root + "\n", "log.example\n18446744073709551616\n" + root + "\n",
        "log.example\n0\n" + root.substr(4) + "\n", std::string("log.example\n0\n\n"),
        "log.example\n0\n" + root.substr(0, 43) + "\n"})
    EXPECT_EQ(parse_checkpoint_text(text).error().code, Code::kInvalid) << text;
}

TEST(Checkpoint, OpensOnlyWithAKnownKeyAndItsOwnOrigin) {
  const Checkpoint checkpoint{"log.example", TreeSize{7}, merkle::empty_root()};
  const std::string note = signed_note(checkpoint_text(checkpoint), {&alice()});
  const std::vector<VerifierKey> known{alice().verifier()};
  EXPECT_EQ(*open_checkpoint(note, "log.example", known), checkpoint);
  EXPECT_EQ(open_checkpoint(note, "other.example", known).error().code, Code::kInvalid);
  EXPECT_EQ(open_checkpoint(note, "log.example", std::vector{bob().verifier()}).error().code,
            Code::kCorrupt);
  EXPECT_EQ(open_checkpoint("nonsense", "log.example", known).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve::format
