// A segment file: what is written is read back, what is torn or altered is told apart.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "ledger/env/posix.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/segment_reader.h"
#include "ledger/store/segment_writer.h"

namespace varve::store {
namespace {

class SegmentFile : public ::testing::Test {
 protected:
  SegmentFile() {
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
    CHECK(files_->make_directory("segments").has_value());
    env::system_random().fill(key_.mutable_view());
  }
  ~SegmentFile() override {
    const std::string unlock = "chattr -R -f -i " + directory_ + " 2>/dev/null; true";
    CHECK(std::system(unlock.c_str()) == 0);
    std::filesystem::remove_all(directory_);
  }

  std::unique_ptr<SegmentWriter> create() {
    SegmentHeader header;
    header.label = "label";
    header.wrapped_key = Buffer(40);
    auto writer = SegmentWriter::create(*files_, header, *env::SecretBytes::copy_of(key_.view()));
    CHECK(writer.has_value());
    return std::move(*writer);
  }

  struct Collect final : ScanSink {
    Result<void> records(const FrameRef& ref, const FrameHeader&, Buffer body) override {
      seen.emplace_back(ref.first, std::string(text_of(body)));
      return {};
    }
    Result<void> checkpoint(const FrameRef& ref, const std::string& note) override {
      seen.emplace_back(ref.first, note);
      return {};
    }
    std::vector<std::pair<std::uint64_t, std::string>> seen;
  };

  /// On one thread; with two the outcome is the same.
  Result<Scan> scan(Collect& sink) {
    auto file = files_->open_read(segment_path(0));
    auto header = read_segment_header(**file);
    auto one = scan_segment(**file, *header, KeyOpener(key_), sink);
    Collect beside;
    const auto two = scan_segment(**file, *header, KeyOpener(key_), beside, ScanOn::kTwoThreads);
    EXPECT_EQ(beside.seen, sink.seen);
    EXPECT_EQ(two.has_value(), one.has_value());
    if (!one || !two) return one;
    EXPECT_EQ(two->valid_end, one->valid_end);
    EXPECT_EQ(two->chain, one->chain);
    EXPECT_EQ(two->sealed, one->sealed);
    EXPECT_EQ(two->tear ? two->tear->message : "", one->tear ? one->tear->message : "");
    return one;
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  static env::SecretBytes fresh_key() {
    CHECK(env::initialize().has_value());
    return *env::SecretBytes::of_size(kDataKeySize);
  }

  env::SecretBytes key_ = fresh_key();
};

/// A body of one piece.
std::vector<Piece> body_of(std::string_view text) {
  std::vector<Piece> body(1);
  body[0].plain = to_buffer(bytes_of(text));
  return body;
}

using Seen = std::vector<std::pair<std::uint64_t, std::string>>;

TEST_F(SegmentFile, GivesBackEveryFrameInOrderOpenAndSealed) {
  auto writer = create();
  const std::string large(100'000, 'a');  // compresses
  ASSERT_TRUE(writer->write_records(LeafIndex{0}, 2, body_of("small")));
  ASSERT_TRUE(writer->write_checkpoint(TreeSize{2}, "note\n"));
  const auto frame = writer->write_records(LeafIndex{2}, 1, body_of(large));
  ASSERT_TRUE(frame);
  EXPECT_EQ(text_of(*writer->read_back(*frame)), large);
  const Seen expected{{0, "small"}, {2, "note\n"}, {2, large}};
  Collect open;
  const auto scanned = scan(open);
  ASSERT_TRUE(scanned);
  EXPECT_EQ(open.seen, expected);
  EXPECT_FALSE(scanned->sealed);
  EXPECT_FALSE(scanned->tear);
  EXPECT_EQ(scanned->valid_end, writer->end());
  EXPECT_LT(writer->end().value, 2'000u);

  SegmentFooter footer;
  footer.end = LeafIndex{3};
  footer.valid_end = writer->end();
  footer.chain = writer->chain();
  ASSERT_TRUE(writer->seal(footer));
  Collect sealed;
  EXPECT_TRUE(scan(sealed)->sealed);
  EXPECT_EQ(sealed.seen, expected);
}

TEST_F(SegmentFile, IsNeverMadeTwice) {
  create();
  SegmentHeader header;
  const auto again =
      SegmentWriter::create(*files_, header, *env::SecretBytes::copy_of(key_.view()));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kWorm);
}

// A crash can cut the last frames anywhere. Wherever it is cut, the scan keeps every whole frame
// before it, reports the tear, and never invents one. All cuts, not a sample.
TEST_F(SegmentFile, KeepsEveryWholeFrameWhereverTheTailIsTorn) {
  auto writer = create();
  std::vector<std::uint64_t> ends{writer->end().value};
  for (std::uint64_t k = 0; k < 3; ++k) {
    ASSERT_TRUE(writer->write_records(LeafIndex{k}, 1, body_of("body " + std::to_string(k))));
    ends.push_back(writer->end().value);
  }
  for (std::uint64_t cut = ends.back(); cut >= ends.front(); --cut) {
    SCOPED_TRACE(cut);
    std::filesystem::resize_file(directory_ + "/" + segment_path(0), cut);
    Collect sink;
    const auto scanned = scan(sink);
    ASSERT_TRUE(scanned);
    const auto whole =
        static_cast<std::size_t>(std::ranges::upper_bound(ends, cut) - ends.begin()) - 1;
    EXPECT_EQ(sink.seen.size(), whole);
    EXPECT_EQ(scanned->valid_end.value, ends[whole]);
    EXPECT_EQ(scanned->tear.has_value(), cut != ends[whole]);
  }
}

/// A sink that refuses is not called again, whoever read ahead of it, and its error is the outcome.
TEST_F(SegmentFile, IsScannedNoFurtherThanTheSinkTakesIt) {
  auto writer = create();
  for (std::uint64_t k = 0; k < 9; ++k) ASSERT_TRUE(writer->write_records({k}, 1, body_of("body")));
  struct Refuse final : ScanSink {
    Result<void> records(const FrameRef& ref, const FrameHeader&, Buffer) override {
      last = ref.first;
      if (ref.first == 4) return invalid("not the fifth");
      return {};
    }
    Result<void> checkpoint(const FrameRef&, const std::string&) override { return {}; }
    std::uint64_t last = 0;
  };
  auto file = files_->open_read(segment_path(0));
  for (const ScanOn threads : {ScanOn::kOneThread, ScanOn::kTwoThreads}) {
    Refuse sink;
    const auto refused = scan_segment(**file, writer->header(), KeyOpener(key_), sink, threads);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "not the fifth");
    EXPECT_EQ(sink.last, 4u);
  }
}

TEST(FrameCodec, OpensOnlyAtItsPlaceUnderItsHeaderAndKey) {
  CHECK(env::initialize().has_value());
  env::SecretBytes key = *env::SecretBytes::of_size(kDataKeySize);
  env::SecretBytes other = *env::SecretBytes::of_size(kDataKeySize);
  other.mutable_view()[0] = std::byte{1};
  std::ranges::fill(key.mutable_view(), std::byte{0});
  FrameHeader header;
  header.count = 1;
  const ByteOffset at{4'711};
  const EncodedFrame frame = seal_records(header, body_of("the body"), key, at);
  const FrameHeader decoded = *decode_frame_header(frame.header());
  EXPECT_EQ(text_of(*open_records(decoded, frame.header(), frame.stored(), key, at)), "the body");
  EXPECT_FALSE(open_records(decoded, frame.header(), frame.stored(), other, at));
  EXPECT_FALSE(open_records(decoded, frame.header(), frame.stored(), key, ByteOffset{4'712}));
  for (std::size_t k = 0; k < frame.stored().size(); ++k) {
    Buffer altered = to_buffer(frame.stored());
    altered[k] ^= std::byte{1};
    EXPECT_FALSE(open_records(decoded, frame.header(), altered, key, at)) << k;
  }
  for (std::size_t k = 0; k < frame.header().size(); ++k) {
    Buffer altered = to_buffer(frame.header());
    altered[k] ^= std::byte{1};
    EXPECT_FALSE(open_records(decoded, altered, frame.stored(), key, at)) << k;
  }
}

// Whoever received a batch may have compressed it already: the file does not tell.
TEST(FrameCodec, OpensABodyOfPiecesThatWereCompressedEachAlone) {
  CHECK(env::initialize().has_value());
  env::SecretBytes key = *env::SecretBytes::of_size(kDataKeySize);
  std::ranges::fill(key.mutable_view(), std::byte{0});
  std::vector<Piece> body = body_of(std::string(1'000, 'a'));
  body.push_back({to_buffer(bytes_of(std::string(40'000, 'b'))), {}});
  body.push_back({to_buffer(bytes_of("end")), {}});
  body[1].compressed = compress(body[1].plain);
  const EncodedFrame frame = seal_records({}, body, key, ByteOffset{64});
  const FrameHeader decoded = *decode_frame_header(frame.header());
  EXPECT_TRUE(decoded.compressed);
  EXPECT_EQ(text_of(*open_records(decoded, frame.header(), frame.stored(), key, ByteOffset{64})),
            std::string(1'000, 'a') + std::string(40'000, 'b') + "end");
}

TEST(SegmentName, HasOneSpelling) {
  EXPECT_EQ(segment_path(42), "segments/00000042.seg");
  EXPECT_EQ(*parse_segment_name("00000042.seg"), 42u);
  EXPECT_EQ(*parse_segment_name("123456789.seg"), 123'456'789u);
  for (const char* wrong :
       {"42.seg", "0000000042.seg", "00000042.seg.torn", ".seg", "0000004x.seg"})
    EXPECT_FALSE(parse_segment_name(wrong)) << wrong;
}

}  // namespace
}  // namespace varve::store
