// C2SP policies: every rule of the specification, and the quorum against a model of it.
#include "ledger/format/witness_policy.h"

#include <gtest/gtest.h>

#include <bit>

#include "ledger/format/checkpoint.h"
#include "test_cosigner.h"

namespace varve::format {
namespace {

std::string vkey(int seed) {
  return TestCosigner("w" + std::to_string(seed), seed).vkey();
}
std::string witness_line(const std::string& name, int seed) {
  return "witness " + name + " " + vkey(seed) + "\n";
}
/// A, B and C.
std::string three() {
  return witness_line("A", 1) + witness_line("B", 2) + witness_line("C", 3);
}
/// Of a log that has the key of A.
std::string own_log() {
  return format_vkey(TestKey::ed25519("w1", 1).verifier());
}
std::string why(const std::string& text) {
  const auto policy = WitnessPolicy::parse(text);
  return policy ? "it is good" : policy.error().message;
}
std::vector<bool> bits(unsigned mask, std::size_t count) {
  std::vector<bool> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back((mask >> i & 1) != 0);
  return out;
}

// tlog-policy, "Example policy", with keys in place of "<vkey>".
std::string example() {
  std::string text = "log " + format_vkey(TestKey::ed25519("log.example", 9).verifier()) + "\n\n";
  for (int i = 1; i <= 3; ++i) text += witness_line("X" + std::to_string(i), i);
  text += "group X-witnesses 2 X1 X2 X3\n\n";
  for (int i = 1; i <= 3; ++i) text += witness_line("Y" + std::to_string(i), i + 3);
  return text +
         "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\n"
         "quorum X-and-Y\n";
}

TEST(WitnessPolicy, OfTheSpecificationsExampleWantsTwoOfXAndOneOfY) {
  const auto policy = WitnessPolicy::parse(example());
  ASSERT_TRUE(policy) << policy.error().message;
  ASSERT_EQ(policy->witnesses().size(), 6U);
  EXPECT_EQ(policy->witnesses()[5].name, "Y3");
  ASSERT_EQ(policy->logs().size(), 1U);
  EXPECT_EQ(policy->logs()[0].key.name, "log.example");
  for (unsigned mask = 0; mask < 64; ++mask)
    EXPECT_EQ(policy->is_met(bits(mask, 6)), std::popcount(mask & 7) >= 2 && (mask & 56) != 0)
        << mask;
}

// All groups of three witnesses, in all groups of such a group and who is left, with each threshold.
TEST(WitnessPolicy, AgreesWithAModelOverAllSmallPolicies) {
  const char* names[] = {"A", "B", "C"};
  int policies = 0;
  for (unsigned inner = 1; inner < 8; ++inner)
    for (int k = 1; k <= std::popcount(inner); ++k)
      for (unsigned outer = 0; outer < 8; ++outer) {
        if ((outer & inner) != 0) continue;  // each is a member once
        for (int m = 1; m <= std::popcount(outer) + 1; ++m) {
          std::string text = three() + "group G " + std::to_string(k);
          for (int i = 0; i < 3; ++i)
            if ((inner >> i & 1) != 0) text += std::string(" ") + names[i];
          text += "\ngroup H " + std::to_string(m) + " G";
          for (int i = 0; i < 3; ++i)
            if ((outer >> i & 1) != 0) text += std::string(" ") + names[i];
          const auto policy = WitnessPolicy::parse(text + "\nquorum H\n");
          ASSERT_TRUE(policy) << policy.error().message << text;
          ++policies;
          for (unsigned mask = 0; mask < 8; ++mask) {
            const bool g = std::popcount(mask & inner) >= k;
            const bool model = std::popcount(mask & outer) + (g ? 1 : 0) >= m;
            EXPECT_EQ(policy->is_met(bits(mask, 3)), model) << text << mask;
          }
        }
      }
  EXPECT_EQ(policies, 45);
}

TEST(WitnessPolicy, KnowsAllAnyASingleWitnessAndNone) {
  const auto met = [](const std::string& end, unsigned mask) {
    return WitnessPolicy::parse(three() + end)->is_met(bits(mask, 3));
  };
  for (unsigned mask = 0; mask < 8; ++mask) {
    EXPECT_EQ(met("group g all A B C\nquorum g\n", mask), mask == 7);
    EXPECT_EQ(met("group g any A B C\nquorum g\n", mask), mask != 0);
    EXPECT_EQ(met("quorum B\n", mask), (mask & 2) != 0);
    EXPECT_TRUE(met("quorum none\n", mask));
  }
  EXPECT_TRUE(WitnessPolicy::parse("quorum none\n"));
}

TEST(WitnessPolicy, TakesBlanksCommentsUrlsAndNamesOfAnyBytes) {
  const auto policy =
      WitnessPolicy::parse(" \t\n# a comment\n\t # \xff\xfe another\n \twitness \xe2\x84\xaa\t\t" +
                           vkey(1) + " https://w.example/\xc3\xa9 \nwitness K " + vkey(2) +
                           "\nlog " + format_vkey(TestKey::p256("log.example").verifier()) +
                           " https://log.example\nquorum \t K \t\n");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->witnesses()[0].name, "\xe2\x84\xaa");  // a Kelvin sign is no K
  EXPECT_EQ(policy->witnesses()[0].url, "https://w.example/\xc3\xa9");
  EXPECT_EQ(policy->logs()[0].url, "https://log.example");
  EXPECT_FALSE(policy->is_met({true, false}));
  EXPECT_TRUE(policy->is_met({false, true}));
}

TEST(WitnessPolicy, SaysTheLineOfEachRuleThatIsBroken) {
  const std::string log = format_vkey(TestKey::ed25519("log.example", 9).verifier());
  const std::pair<std::string, std::string> broken[] = {
      {"log " + own_log() + "\n" + three(),
       "line 2 of the witness policy: the witness A has the key"},
      {three() + "log " + own_log() + "\n",
       "line 4 of the witness policy: the witness A has the key"},
      {"quorum A\nwitness A " + vkey(1) + "\n", "line 1 of the witness policy: A is no witness"},
      {three() + "quorum A\nquorum A\n", "line 5 of the witness policy: there is one line quorum"},
      {three(), "it has no line quorum"},
      {three() + "quorum\n", "line 4"},
      {three() + "quorum A B\n", "line 4"},
      {three() + "group g 0 A\n", "from 1 to 1 of its members, not 0"},
      {three() + "group g 3 A B\n", "from 1 to 2 of its members, not 3"},
      {three() + "group g 01 A B\n", "not 01"},
      {three() + "group g most A B\n", "not most"},
      {three() + "group g any\n", "a group is"},
      {three() + "group g any none\n", "none is no witness"},
      {three() + "group g any g\n", "g is no witness"},
      {three() + "group g any A A\n", "A is a member already"},
      {three() + "group g any A\ngroup h any A\n", "line 5 of the witness policy: A is a member"},
      {three() + "group A any B\n", "the name A is taken already"},
      {three() + "group none any B\n", "the name none is taken already"},
      {witness_line("none", 1), "the name none is taken already"},
      {three() + witness_line("A", 4), "the name A is taken already"},
      {three() + witness_line("D", 1), "that key is the witness A's already"},
      {three() + "witness D " + TestCosigner("other-name", 1).vkey() + "\n", "that key is"},
      {"witness A\n", "a witness is"},
      {"witness A " + vkey(1) + " https://a b\n", "a witness is"},
      {"witness A " + log + "\n", "is of type 1"},
      {"log " + vkey(1) + "\n", "signature type 4 is not supported"},
      {"log\n", "a log is"},
      {"log " + log + " a b\n", "a log is"},
      {"log " + log + "\nlog " + log + "\n", "line 2 of the witness policy: that key is another"},
      {"log " + log + "\nlog " + format_vkey(TestKey::ed25519("x", 9).verifier()) + "\n",
       "that key is another"},
      {"Quorum none\n", "not Quorum"},
      {"quorum none", "line 1 of the witness policy: the last line has no newline"},
      {"quorum none\r\n", "line 1 of the witness policy: it has a control character"},
      {std::string("# \0\nquorum none\n", 16), "control character"},
      {"# \x7f\nquorum none\n", "control character"},
      {"", "it has no line quorum"},
      {std::string(kWitnessPolicyMax + 1, '\n'), "larger than 256 KiB"},
  };
  for (const auto& [text, message] : broken)
    EXPECT_NE(why(text).find(message), std::string::npos) << why(text) << "\n" << text;
}

TEST(WitnessPolicy, HasRoomForMoreThanTheSpecificationAsksForAndIsBounded) {
  std::string text;
  for (int i = 0; i < 48; ++i) text += witness_line("W" + std::to_string(i), i);
  for (int i = 0; i < 48; ++i)
    text += "group G" + std::to_string(i) + " any " +
            (i == 0 ? "" : "G" + std::to_string(i - 1) + " ") + "W" + std::to_string(i) + "\n";
  const auto policy = WitnessPolicy::parse(text + "quorum G47\n");
  ASSERT_TRUE(policy) << policy.error().message;
  std::vector<bool> first(48);
  first[0] = true;
  EXPECT_TRUE(policy->is_met(first));
  EXPECT_NE(why(text + witness_line("W48", 48)).find("more than 48 witnesses"), std::string::npos);
}

TEST(Cosigners, AreThoseOfThePolicyAndTheirTimes) {
  const std::string tree = checkpoint_text({"log.example", TreeSize{3}, {}});
  const TestKey log = TestKey::ed25519("log.example", 9);
  Note note{tree, {log.sign_note(tree)}};
  const auto policy = WitnessPolicy::parse(three() + "group g 2 A B C\nquorum g\n");
  note.signatures.push_back(TestCosigner("w3", 3).cosign(tree, 33));
  note.signatures.push_back(TestCosigner("w7", 7).cosign(tree, 77));  // of no policy
  const auto one = cosigners_of(format_note(note), *policy);
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->is_quorum);
  note.signatures.push_back(TestCosigner("w1", 1).cosign(tree, 11));
  const auto two = cosigners_of(format_note(note), *policy);
  ASSERT_TRUE(two);
  EXPECT_TRUE(two->is_quorum);
  EXPECT_EQ(two->by_witness[0]->time_s, 11U);
  EXPECT_FALSE(two->by_witness[1]);
  EXPECT_EQ(two->by_witness[2]->time_s, 33U);
  note.signatures.back().signature.back() ^= std::byte{1};
  const auto forged = cosigners_of(format_note(note), *policy);
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().code, Code::kCorrupt);
  EXPECT_EQ(cosigners_of("no note", *policy).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve::format
