// The dumps in docs/format/segment.md, derived.md, month-keys.md and remains.md, decoded with the real decoders.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/append_files.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/hash_files.h"
#include "ledger/store/leaf_lookup.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_format.h"
#include "ledger/store/witness_state.h"
#include "tests/directories.h"

namespace varve::store {
namespace {

/// The bytes of the block "```hex <name>": each line is an offset and hex bytes.
Buffer dump(const std::string& document, const std::string& name) {
  std::string path = source_file("docs/format/");
  path += document;
  std::ifstream in(path);
  std::string line;
  std::string opening = "```hex ";
  opening += name;
  while (std::getline(in, line) && line != opening) {
  }
  Buffer bytes;
  while (std::getline(in, line) && line != "```") {
    std::istringstream words(line);
    std::string word;
    words >> word;
    CHECK(std::stoul(word, nullptr, 16) == bytes.size());  // the offset
    while (words >> word) append(bytes, *decode_hex(word));
  }
  CHECK(!bytes.empty());
  return bytes;
}

TEST(WitnessDocument, ShowsARow) {
  const Hash log = merkle::sha256(bytes_of("log.example"));
  const Buffer row = dump("witness.md", "witness_row");
  const auto text = decode_witness_row(WitnessTable::kContradictions, log, row);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "evidence\n");
  EXPECT_EQ(encode_witness_row(WitnessTable::kContradictions, log, *text), row);
}

TEST(SegmentDocument, ShowsASegmentHeader) {
  const Buffer bytes = dump("segment.md", "segment_header");
  auto header = decode_segment_header(bytes);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->ordinal, 1u);
  EXPECT_EQ(header->first, LeafIndex{42});
  EXPECT_EQ(header->month, 202'611u);
  EXPECT_EQ(header->label, "varve/cardiology/2026-11");
  EXPECT_EQ(header->origin, merkle::sha256(bytes_of("audit.example.org/cardiology")));
  EXPECT_EQ(encode_segment_header(*header), bytes);
}

TEST(SegmentDocument, ShowsAFrameThatContinuesTheHeadersChain) {
  const auto header = decode_segment_header(dump("segment.md", "segment_header"));
  const auto frame = decode_frame_header(dump("segment.md", "frame_header"));
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_EQ(frame->previous, header->chain);
  EXPECT_EQ(frame->first, header->first.value);
  const Buffer bytes = dump("segment.md", "frame_body");
  EXPECT_EQ(frame->body_length, bytes.size());
  const auto body = decode_frame_body(bytes, frame->count);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(body->requests.at(0).key, merkle::sha256(bytes_of("key")));
  EXPECT_EQ(text_of(format::decode_record(body->records.at(0))->payload), "{\"type\":\"login\"}");
}

TEST(SegmentDocument, ShowsAFooterAndTheTrailerThatPointsAtIt) {
  const auto footer = decode_footer(dump("segment.md", "footer"));
  ASSERT_TRUE(footer) << footer.error().message;
  EXPECT_EQ(footer->end, LeafIndex{43});
  EXPECT_EQ(footer->frames.size(), 1u);
  EXPECT_EQ(*decode_trailer(dump("segment.md", "trailer")), footer->valid_end);
}

TEST(DerivedDocument, ShowsLeafHashesAndTheLookupMadeFromThem) {
  const Buffer leaves = dump("derived.md", "leaf_hashes");
  EXPECT_TRUE(std::ranges::equal(Bytes{leaves}.first(32), merkle::leaf_hash({}).view()));
  EXPECT_TRUE(std::ranges::equal(Bytes{leaves}.last(32), merkle::leaf_hash(bytes_of("0")).view()));
  const ReadLeaves read = [&leaves](LeafIndex first, std::uint64_t count) -> Result<Buffer> {
    return to_buffer(Bytes{leaves}.subspan(first.value * kHashSize, count * kHashSize));
  };
  const auto lookup = LeafLookup::of(read, LeafIndex{0}, 2);
  ASSERT_TRUE(lookup);
  EXPECT_EQ(to_buffer(lookup->bytes()), dump("derived.md", "leaf_lookup"));
}

TEST(DerivedDocument, ShowsAFileWithOneBatch) {
  std::string directory = ::testing::TempDir() + "varve-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const auto files = env::open_posix(directory);
  ASSERT_TRUE(files);
  ASSERT_TRUE((*files)->make_directory("appends"));
  SegmentFacts facts;
  facts.row = {1, LeafIndex{42}, LeafIndex{44}};
  facts.appends.emplace(append_key({SourceId{3}, 7}), AppendRow{{}, LeafIndex{42}, 2});
  const auto hashes = HashFiles::open(**files);
  ASSERT_TRUE(hashes);
  const AskForKey ask = [](std::uint64_t) { return KeyIs::kThere; };
  ASSERT_TRUE(AppendFiles(**files, **hashes, ask, 0).add(facts, merkle::leaf_hash(bytes_of("0"))));
  const auto bytes = env::read_whole(**files, "appends/1", 4'096);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, dump("derived.md", "append_file"));
  std::filesystem::remove_all(directory);
}

TEST(MonthKeysDocument, ShowsOneSegmentsKey) {
  const Buffer bytes = dump("month-keys.md", "month_keys");
  const auto keys = decode_month_keys(bytes);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->month, 202'611u);
  EXPECT_EQ(keys->label, "varve/cardiology/2026-11.2");
  ASSERT_NE(keys->find(1), nullptr);
  EXPECT_EQ(keys->find(1)->wrapped, Buffer(40, std::byte{0xbb}));
  EXPECT_EQ(encode_month_keys(*keys), bytes);
}

TEST(RemainsDocument, ShowsAnEventsHashAndARecordAndTheTombstoneInItsPlace) {
  const Buffer bytes = dump("remains.md", "remains");
  const auto remains = decode_remains(bytes);
  ASSERT_TRUE(remains) << remains.error().message;
  EXPECT_EQ(remains->first, LeafIndex{42});
  EXPECT_EQ(encode_remains(*remains), bytes);
  ASSERT_EQ(remains->entries.size(), 2u);
  EXPECT_TRUE(format::decode_record(remains->entry(1)));
  const Buffer shown = dump("remains.md", "tombstone");
  EXPECT_EQ(remains->entry(0), shown);
  const auto tombstone = format::decode_tombstone(shown);
  ASSERT_TRUE(tombstone);
  EXPECT_EQ(tombstone->leaf, merkle::leaf_hash({}));
  EXPECT_EQ(format::explain(*tombstone),
            "segment 1 cannot be read: key of month 2026-11 destroyed on 2027-01-15T08:00:00Z");
  for (std::size_t cut = 0; cut < shown.size(); ++cut)
    EXPECT_FALSE(format::decode_tombstone(Bytes{shown}.first(cut))) << cut;
}

}  // namespace
}  // namespace varve::store
