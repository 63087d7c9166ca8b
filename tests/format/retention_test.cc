// Policies and clock records have one spelling, no value out of bounds, and look as the document
// shows them.
#include "ledger/format/retention.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "tests/directories.h"
#include "tests/format/retention_examples.h"

namespace varve::format {
namespace {

const RetentionExamples& retention() {
  static const RetentionExamples kExamples{DocumentedLog{}};
  return kExamples;
}

/// The lines of the block of docs/format/retention.md that opens with "```<name>".
std::string retention_block(const std::string& name) {
  std::ifstream in(source_file("docs/format/retention.md"));
  std::string line;
  while (std::getline(in, line) && line != "```" + name) {
  }
  std::string lines;
  while (std::getline(in, line) && line != "```") lines.append(line).append("\n");
  return lines;
}

Buffer retention_bytes(const std::string& name) {
  Buffer bytes;
  std::istringstream words(retention_block("hex " + name));
  for (std::string word; words >> word;)
    if (word.size() == 2) append(bytes, *decode_hex(word));
  return bytes;
}

TEST(RetentionDocument, ShowsEachRecord) {
  for (const Example& example : retention().all)
    EXPECT_EQ(retention_block(example.name), example.text) << example.name;
  EXPECT_EQ(retention_bytes("clock"), retention().clock_record);
  EXPECT_EQ(retention_bytes("month_secret"), retention().month_secret);
}

TEST(RetentionDocument, ShowsNotesThatVerify) {
  const DocumentedLog log;
  const std::vector<VerifierKey> known{log.log_key.verifier(), log.ann_key.verifier(),
                                       log.bob_key.verifier()};
  for (const Example& example : retention().all) {
    if (!example.is_a_note) continue;
    const auto note = parse_note(retention_block(example.name));
    ASSERT_TRUE(note) << example.name;
    EXPECT_TRUE(verify_note(*note, known)) << example.name;
  }
}

TEST(RetentionDocument, ShowsPoliciesAndClocksThatParse) {
  EXPECT_EQ(*parse_policy(parse_note(retention_block("policy first"))->text), retention().first);
  EXPECT_EQ(*parse_policy(parse_note(retention_block("policy second"))->text), retention().second);
  EXPECT_EQ(*parse_policy(parse_note(retention_block("policy witnesses"))->text),
            retention().third);
  EXPECT_EQ(*parse_clock(retention_block("clock")), retention().began);
  EXPECT_EQ(*parse_clock(retention_block("clock evidence")), retention().later);
  EXPECT_EQ(decode_record(retention_bytes("clock"))->kind, Kind::kClock);
}

using Replaced = std::pair<std::string, std::string>;

/// Whether the text with the first replaced by the second is refused.
template <class Parse>
void expect_refused(const std::string& text, const std::vector<Replaced>& all, Parse parse) {
  ASSERT_TRUE(parse(text));
  for (const auto& [from, to] : all) {
    std::string other = text;
    ASSERT_NE(other.find(from), std::string::npos) << from;
    other.replace(other.find(from), from.size(), to);
    EXPECT_FALSE(parse(other)) << other;
  }
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto parsed = parse(std::string_view(text).substr(0, cut));
    EXPECT_TRUE(!parsed || text[cut - 1] == '\n') << cut;
  }
}

TEST(PolicyText, HasOneSpellingAndNoValueOutOfBounds) {
  expect_refused(policy_text(retention().first),
                 {{"policy v1", "policy v2"},
                  {"number 0", "number 00"},
                  {"previous 00", "previous 0"},
                  {"mode locked", "mode open"},
                  {"mode locked", "mode draft"},
                  {"2192 days", "2192 minutes"},
                  {"2192 days", "29 days"},
                  {"2192 days", "36526 days"},
                  {"2192 days", "4294969488 days"},
                  {"notice 7", "notice 6"},
                  {"wait 30", "wait 29"},
                  {"key-period month", "key-period 5 minutes"},
                  {"automatic no", "automatic maybe"},
                  {"quorum 1", "quorum 0"},
                  {"quorum 1", "quorum 2"},
                  {"source timestamp", "source oracle"},
                  {"tsa.example.org ", "tsa.example.org  "},
                  {"\nkey ", "\nmore\nkey "},
                  {"origin audit", "origin odit"}},
                 parse_policy);
}

// One witness alone makes nothing older, whatever it says.
TEST(PolicyText, OfVersionTwoNamesAWitnessAndTakesTwoSources) {
  EXPECT_TRUE(is_policy(policy_text(retention().third)));
  expect_refused(policy_text(retention().third),
                 {{"policy v2", "policy v1"},
                  {"policy v2", "policy v3"},
                  {"quorum 2", "quorum 1"},
                  {"quorum 2", "quorum 4"},
                  {"source witness", "source oracle"}},
                 parse_policy);
  std::string none = policy_text(retention().third);
  for (std::size_t at = 0; (at = none.find("source witness")) != std::string::npos;)
    none.replace(at, 14, "source timestamp");
  EXPECT_FALSE(parse_policy(none)) << "of version 2 without a witness";
}

TEST(PolicyText, OfADraftIsInMinutes) {
  Policy draft = retention().first;
  draft.mode = Mode::kDraft;
  draft.period = 60;
  draft.notice = draft.wait = draft.key_period_minutes = 1;
  EXPECT_EQ(*parse_policy(policy_text(draft)), draft);
  expect_refused(policy_text(draft),
                 {{"60 minutes", "60 days"},
                  {"60 minutes", "0 minutes"},
                  {"60 minutes", "527041 minutes"},
                  {"key-period 1 minutes", "key-period month"},
                  {"key-period 1 minutes", "key-period 44641 minutes"}},
                 parse_policy);
}

TEST(PolicyText, NamesEachSourceOnce) {
  Policy policy = retention().first;
  for (std::size_t k = 1; k < kTimeSourcesMax; ++k) {
    policy.sources.push_back({"s" + std::to_string(k), {}});
    policy.sources.back().key.bytes[0] = static_cast<std::byte>(k);
  }
  EXPECT_EQ(*parse_policy(policy_text(policy)), policy);
  Policy wrong = policy;
  wrong.sources[1].name = wrong.sources[0].name;
  EXPECT_FALSE(check_policy(wrong));
  wrong = policy;
  wrong.sources[1].key = wrong.sources[0].key;
  EXPECT_FALSE(check_policy(wrong));
  wrong = policy;
  wrong.sources.push_back({"one-more", {}});
  EXPECT_FALSE(check_policy(wrong));
}

TEST(ClockText, HasOneSpelling) {
  expect_refused(clock_text(retention().later),
                 {{"clock v1", "clock v2"},
                  {"number 2300", "number -1"},
                  {"reading 1", "reading 01"},
                  {"host 1", "host 999999999999999999"},
                  {"running 1", "running 999999999999999999"},
                  {" 2000017\n", " 2000017 \n"},
                  {" 2000017\n", " 2000017 2000017\n"},
                  {" 2000017\n", "\n"},
                  {" 2000017\n", " 2000017\nmonth 2026-11 0\n"},
                  {"evidence ", "evidence  "}},
                 parse_clock);
}

TEST(ClockText, OfAnOldLogFitsIntoARecordHoweverManyMonthsItNames) {
  Clock clock = retention().began;
  for (std::uint32_t k = 0; k < kEarlierMonthsMax; ++k)
    clock.earlier.push_back({(2'000 + k / 12) * 100 + k % 12 + 1, LeafIndex{UINT64_MAX - k}});
  EXPECT_EQ(*parse_clock(clock_text(clock)), clock);
  EXPECT_LT(clock_text(clock).size(), 60'000u);
  clock.earlier.push_back({999'912, LeafIndex{0}});
  EXPECT_FALSE(parse_clock(clock_text(clock)));
}

}  // namespace
}  // namespace varve::format
