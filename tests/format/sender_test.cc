// Senders' names and records, and the seal that the log writes over their events.
#include "ledger/format/sender.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/format/batch.h"
#include "ledger/format/receipt.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"

namespace varve::format {
namespace {

TEST(Sender, HasASourceOfItsOwnWhateverBytesItsNameHas) {
  EXPECT_EQ(source_name({SenderKind::kClient, "EHR@ward-7"}), "client/_45_48_52_40ward-7");
  EXPECT_EQ(source_name({SenderKind::kListener, "a_b/c.d"}), "listener/a_5fb/c.d");
  std::set<std::string> names;
  for (const SenderKind kind : {SenderKind::kClient, SenderKind::kListener})
    for (char a = '!'; a <= '~'; ++a)
      for (const std::string& name :
           {std::string(1, a), std::string("_") + a, a + std::string("5f")})
        if (is_sender_name(name)) names.insert(source_name({kind, name}));
  std::size_t expected = 0;
  std::set<std::string> distinct;
  for (char a = '!'; a <= '~'; ++a)
    for (const std::string& name : {std::string(1, a), std::string("_") + a, a + std::string("5f")})
      distinct.insert(name);
  expected = 2 * distinct.size();
  EXPECT_EQ(names.size(), expected) << "no two names share a source";
  for (const std::string& name : names) EXPECT_TRUE(source_id(name)) << name;
}

TEST(Sender, OfTheLongestNameStillHasASource) {
  const std::string longest = source_name({SenderKind::kListener, std::string(127, '@')});
  EXPECT_EQ(longest.size(), 390u);
  EXPECT_TRUE(source_id(longest));
  EXPECT_FALSE(source_id(longest + "a"));
  EXPECT_FALSE(source_id(std::string(128, 'a'))) << "of a source that seals";
}

TEST(Sender, IsToldFromASourceThatSealsByItsName) {
  EXPECT_EQ(sender_kind("client/ehr"), SenderKind::kClient);
  EXPECT_EQ(sender_kind("listener/relay"), SenderKind::kListener);
  for (const char* name : {"client", "clients/ehr", "ward-7/pacs", ""})
    EXPECT_FALSE(sender_kind(name)) << name;
}

TEST(SenderRecord, ReadsBackAsItIsWrittenAndHasOneSpelling) {
  for (const SenderKind kind : {SenderKind::kClient, SenderKind::kListener}) {
    const SenderRecord record{"audit.example.org/ward", {kind, "EHR@ward-7"}};
    const std::string text = sender_text(record);
    const auto parsed = parse_sender(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->origin, record.origin);
    EXPECT_EQ(parsed->sender, record.sender);
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_FALSE(parse_sender(text.substr(0, cut))) << cut;
    EXPECT_FALSE(parse_sender(text + "\n"));
    EXPECT_FALSE(parse_sender(text + "client other\n"));
  }
  const std::string start = "varve sender v1\norigin o\n";
  for (const std::string line :
       {"client \n", "client a b\n", "client \x7f\n", "source a\n", "client\n"})
    EXPECT_FALSE(parse_sender(start + line)) << line;
  EXPECT_FALSE(parse_sender(start + "client " + std::string(128, 'a') + "\n"));
}

Seal seal_of(std::vector<SealedRun> runs) {
  Seal seal;
  seal.sealer = Sealer::kLog;
  seal.sequence = 7;
  for (const SealedRun& run : runs) seal.count += run.count;
  seal.runs = std::move(runs);
  return seal;
}

TEST(LogSeal, ReadsBackAsItIsWritten) {
  const Seal seal = seal_of({{kLogItself, 4, 1}, {SourceId{9}, 0, 16'000}, {SourceId{10}, 1, 383}});
  const Buffer bytes = *encode_seal(seal);
  const auto decoded = decode_seal(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->runs, seal.runs);
  EXPECT_EQ(decoded->covered(), seal.runs);
  EXPECT_EQ(decoded->count, 16'384u);
  EXPECT_EQ(*encode_seal(*decoded), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode_seal(Bytes{bytes}.first(cut))) << cut;
  EXPECT_FALSE(seal_message(seal, "o")) << "nobody signs it";
}

TEST(LogSeal, FitsARecordWithAsManySourcesAsThereMayBe) {
  std::vector<SealedRun> runs;
  for (std::uint64_t id = 1; id <= kSealRunsMax; ++id) runs.push_back({SourceId{id}, 0, 1});
  EXPECT_TRUE(encode_seal(seal_of(runs)));
  runs.push_back({SourceId{kSealRunsMax + 1}, 0, 1});
  EXPECT_FALSE(encode_seal(seal_of(runs)));
}

TEST(LogSeal, IsRefusedWhenItsListIsNotOne) {
  const std::uint64_t last = ~std::uint64_t{0};
  const std::vector<std::vector<SealedRun>> wrong = {
      {{SourceId{2}, 0, 1}, {SourceId{1}, 0, 1}},  // out of order
      {{SourceId{2}, 0, 1}, {SourceId{2}, 1, 1}},  // twice
      {{SourceId{2}, 0, 0}, {SourceId{3}, 0, 1}},  // no event
      {{SourceId{2}, last, 1}},                    // numbers past the end
      {{SourceId{2}, 0, kBatchRecordsMax + 1}},    // too many
  };
  for (const auto& runs : wrong) EXPECT_FALSE(encode_seal(seal_of(runs)));
  Seal other = seal_of({{SourceId{2}, 0, 1}});
  other.source = SourceId{2};
  EXPECT_FALSE(encode_seal(other)) << "only the log's own chain has such seals";
  other = seal_of({{SourceId{2}, 0, 1}});
  other.sealer = Sealer::kSource;
  EXPECT_FALSE(encode_seal(other));
  Buffer empty = *encode_seal(seal_of({{SourceId{2}, 0, 1}}));
  empty.resize(empty.size() - 20);  // its one source
  empty[empty.size() - 1] = std::byte{0};
  empty[empty.size() - 68 - 1] = std::byte{68};  // the length of the payload
  EXPECT_FALSE(decode_seal(empty));
}

}  // namespace
}  // namespace varve::format
