// What logs send to a witness, and the list of logs that it cosigns.
#include "ledger/format/add_checkpoint.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "ledger/format/log_list.h"
#include "test_keys.h"

namespace varve::format {
namespace {

const std::string kHash = base64(Hash{}.view());

std::string note_of(const std::string& text) {
  static const TestKey kKey = TestKey::ed25519("log.example", 1);
  return signed_note(text, {&kKey});
}

std::string checkpoint_note(const std::string& more = "") {
  return note_of("log.example\n7\n" + kHash + "\n" + more);
}

std::string request(std::size_t hashes, const std::string& old = "old 5") {
  std::string body = old + "\n";
  for (std::size_t i = 0; i < hashes; ++i) body += kHash + "\n";
  return body + "\n" + checkpoint_note();
}

TEST(AddCheckpoint, HoldsTheOldSizeTheProofAndTheNoteAsItCame) {
  const auto parsed = parse_add_checkpoint(request(3));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->old, TreeSize{5});
  EXPECT_EQ(parsed->proof, merkle::Proof(3));
  EXPECT_EQ(parsed->note, checkpoint_note());
}

TEST(AddCheckpoint, HasAtMost63HashesAndWithoutOneItIsWholeToo) {
  EXPECT_TRUE(parse_add_checkpoint(request(0, "old 0")));
  EXPECT_TRUE(parse_add_checkpoint(request(63)));
  EXPECT_FALSE(parse_add_checkpoint(request(64)));
}

TEST(AddCheckpoint, IsRefusedWhereverItIsCutOff) {
  const std::string whole = request(2);
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_FALSE(parse_add_checkpoint(whole.substr(0, cut))) << cut;
}

TEST(AddCheckpoint, HasOneSpellingOfItsOldSize) {
  for (const char* old : {"old 05", "old +5", "old -1", "old  5", "old 5 ", "old", "Old 5", "5",
                          "old 18446744073709551616", "old 0x5", ""})
    EXPECT_FALSE(parse_add_checkpoint(request(1, old))) << old;
  EXPECT_TRUE(parse_add_checkpoint(request(1, "old 18446744073709551615")));
}

TEST(AddCheckpoint, TakesExtensionLinesAndSpacesInAnOriginAsOthersLogsHaveThem) {
  const auto take = [](const std::string& text) {
    return parse_add_checkpoint("old 0\n\n" + note_of(text)).has_value();
  };
  const std::string tree = "7\n" + kHash + "\n";
  EXPECT_TRUE(take("go.sum database tree\n" + tree));
  EXPECT_TRUE(take("log.example\n" + tree + "more\nand more\n"));
  EXPECT_FALSE(take("log.example\n" + tree + "\nmore\n"));
  EXPECT_FALSE(take("\n" + tree));
  EXPECT_FALSE(take("log.example\n7\n"));
  EXPECT_FALSE(take("log.example\n07\n" + kHash + "\n"));
}

TEST(AddCheckpoint, HasATextThatEvidenceHasRoomFor) {
  const std::size_t room = kAnyCheckpointTextMax - checkpoint_note().find("\n\n") - 1;
  const auto with = [](std::size_t more) {
    return parse_add_checkpoint("old 0\n\n" + checkpoint_note(std::string(more - 1, 'x') + "\n"))
        .has_value();
  };
  EXPECT_TRUE(with(room));
  EXPECT_FALSE(with(room + 1));
}

std::string vkey_line(const std::string& name, int seed) {
  return "vkey " + format_vkey(TestKey::ed25519(name, seed).verifier()) + "\n";
}

// The example of the format's document, with keys in place of its placeholders.
TEST(LogList, OfTheDocumentsExampleHasTwoLogs) {
  const auto list = parse_log_list(
      "#\n# List:      10qps-100klogs\n#\nlogs/v0\n\n# 1st list item -- foo's log\n" +
      vkey_line("tlog.foo.org", 1) +
      "origin none\nqpd 86400\nbastion https://bastion.tlog.foo.org/\n"
      "contact https://tlog.foo.org/contact\n\n# 2nd list item -- bar's log\n" +
      vkey_line("bar.org/tlog", 2) +
      "origin something-not-equal-to-vkey-keyname\nqpd 24\nbastion none\n"
      "contact sysadmin (at) bar.org\n");
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->at("tlog.foo.org").requests_per_day, 86'400U);
  EXPECT_EQ(list->at("something-not-equal-to-vkey-keyname").requests_per_day, 24U);
  EXPECT_EQ(list->at("something-not-equal-to-vkey-keyname").keys.front().name, "bar.org/tlog");
}

TEST(LogList, HasLogsWithSeveralKeysAndLogsOfVarveWithTheirFirst) {
  const auto list =
      parse_log_list("logs/v0\n" + vkey_line("a.example", 1) + vkey_line("a.example", 2) +
                     vkey_line("v.example", 3) + "varve https://v.example:8443/logs/main\n");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->at("a.example").keys.size(), 2U);
  EXPECT_EQ(list->at("v.example").url, "https://v.example:8443/logs/main");
}

TEST(LogList, SaysTheLineThatIsWrongAndTakesNoneOfTheOthers) {
  const std::string a = vkey_line("a.example", 1);
  const std::string varve = "varve https://a.example/logs/main\n";
  const struct {
    std::string text;
    std::string why;
  } cases[] = {
      {"", "does not begin with a line logs/v0"},
      {"logs/v1\n", "line 1 of the list of logs"},
      {"logs/v0\nqpd 5\n", "line 2"},
      {"logs/v0\n" + a + "qpd 0\n", "line 3"},
      {"logs/v0\n" + a + "quota 5\n", "its first word is not"},
      {"logs/v0\n" + a + "\n" + a, "has this key already"},
      {"logs/v0\n" + a + varve + vkey_line("a.example", 2), "has one vkey here"},
      {"logs/v0\n" + a + "varve http://a.example\n", "https://HOST"},
      {"logs/v0\n" + a + "origin b.example\n" + varve, "has the name of its key as its origin"},
      {"logs/v0\nvkey a.example+00000000+AAAA\n", "line 2"},
      {"logs/v0\n" + a + "qpd 5", "does not end with a newline"},
      {"logs/v0\n" + a + "contact \x1b[2J\n", "control character"},
  };
  for (const auto& one : cases) {
    const auto list = parse_log_list(one.text);
    ASSERT_FALSE(list) << one.text;
    EXPECT_NE(list.error().message.find(one.why), std::string::npos) << list.error().message;
  }
}

}  // namespace
}  // namespace varve::format
